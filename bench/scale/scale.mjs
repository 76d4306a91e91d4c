import { keep } from '../lib/results.mjs';
import { machine } from '../lib/machine.mjs';
import { removeFolder, requireBuild, temporaryFolder } from '../lib/services.mjs';
import { textTable } from '../lib/text-table.mjs';
import { history } from './history.mjs';
import { loops } from './loops.mjs';
import { memory } from './memory.mjs';
import { schedules } from './schedules.mjs';
import { start } from './start.mjs';

/** One bench: async (folder, options) => [{figure, measured, target, holds}], `holds` null where nothing is promised. */
const PARTS = { start, loops, schedules, history, memory };

/** Runs the named parts, or all of them. @returns whether each target holds */
export async function scale(names, options) {
  requireBuild();
  const chosen = names.length === 0 ? Object.keys(PARTS) : names;
  const unknown = chosen.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) throw new Error(`there is no part "${unknown}": ${Object.keys(PARTS).join(', ')}`);
  let good = true;
  for (const name of chosen) good = (await one(name, options)) && good;
  return good;
}

async function one(name, options) {
  const folder = temporaryFolder();
  try {
    const rows = await PARTS[name](folder, options);
    const verdict = ({ holds }) => (holds === null ? '' : holds ? 'holds' : 'MISSED');
    const cells = rows.map((row) => [row.figure, row.measured, row.target ?? '', verdict(row)]);
    console.log(`\n${textTable([name, 'measured', 'target', ''], cells)}\n`);
    keep(`scale-${name}.json`, { machine: machine(), rows });
    return rows.every(({ holds }) => holds !== false);
  } finally {
    removeFolder(folder);
  }
}
