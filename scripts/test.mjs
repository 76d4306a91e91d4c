// `npm test`: the same set-up as `npm start`, then every test. Further arguments go to vitest (files, `-t name`).
// With SECOND_LOOK=1, as in .ci/run, a few files that fail are run once more, alone: see docs/adr/0011-a-second-look.md.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { show } from './lib/progress.mjs';
import { build, install, NODE, productEnvironment, requireNode, ROOT } from './lib/set-up.mjs';
import { addUp, toLookAtAgain } from './lib/test-report.mjs';

requireNode();
try {
  await install();
  await build();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'millrace-report-'));
const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
const first = await run(process.argv.slice(2));
const again = process.env.SECOND_LOOK === '1' ? toLookAtAgain(first, ROOT) : [];
if (again.length > 0) console.log(`\n== once more, alone: ${again.join(', ')}`);
const second = again.length > 0 ? await run([...again, '--maxWorkers=1', '--no-file-parallelism']) : null;
rmSync(folder, { recursive: true, force: true });

const { passed, failed, unsteady } = addUp(first, second);
for (const name of unsteady) console.log(`unsteady, failed only beside others: ${name}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = second === null ? first.code : second.code;

/** @returns vitest's exit code, its report and how many errors belong to no file; no report when it could not write one */
async function run(args) {
  const [file, strayFile] = [join(folder, 'report.json'), join(folder, 'stray')];
  for (const old of [file, strayFile]) rmSync(old, { force: true });
  const stray = `--reporter=${join(ROOT, 'scripts/lib/stray-errors.mjs')}`;
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`, stray];
  const env = { ...productEnvironment(), STRAY_ERRORS: strayFile };
  const code = await show(NODE, [vitest, 'run', ...reporters, ...args], { cwd: ROOT, env });
  try {
    return { code, report: JSON.parse(readFileSync(file, 'utf8')), stray: Number(readFileSync(strayFile, 'utf8')) };
  } catch (error) {
    console.error(`there is no report: ${error.message}`);
    return { code, report: null, stray: 0 };
  }
}
