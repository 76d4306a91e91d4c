import { parseArgs } from 'node:util';
import { findBinary } from '../support/services.js';
import { runCleanups } from '../support/cleanup.js';
import { FAULTS, GROUPS } from './fault-types.js';
import type { Fault } from './fault.js';
import { report } from './report.js';
import { runFaults, type RunOptions } from './run.js';

const DEFAULT_CYCLES = '20';
const HELP = `npm run faults -- [--seed N] [--cycles N] [--backend redis|postgres] [--fault name]…

Runs three replicas under load, maltreats them, and checks promises 1 to 6. \`--fault kills\` stands for every kill. Faults:
${FAULTS.map(({ name, about }) => `  ${name.padEnd(26)}${about}`).join('\n')}`;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

function readOptions(): RunOptions | null {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      cycles: { type: 'string', default: DEFAULT_CYCLES },
      backend: { type: 'string', default: 'postgres' },
      fault: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  const { backend } = values;
  if (values.help) return null;
  if (backend !== 'redis' && backend !== 'postgres') throw new Error(`--backend is redis or postgres, not ${backend}`);
  if (backend === 'redis' && findBinary('redis-server') === null) throw new Error('redis-server is not installed');
  return {
    seed: whole('seed', values.seed),
    cycles: whole('cycles', values.cycles),
    backend,
    faults: chosen(values.fault),
    say,
  };
}

function whole(name: string, text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`--${name} is a whole number, not ${text}`);
  return Number(text);
}

function chosen(names: readonly string[]): readonly Fault[] {
  const [first = ''] = names;
  if (names.length <= 1) return GROUPS[first] ?? only(names);
  return only(names.flatMap((name) => GROUPS[name]?.map((fault) => fault.name) ?? [name]));
}

function only(names: readonly string[]): readonly Fault[] {
  const unknown = names.filter((name) => !FAULTS.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no fault ${unknown.join(', ')}; --help lists them`);
  return names.length === 0 ? FAULTS : FAULTS.filter(({ name }) => names.includes(name));
}

/** @returns the exit code. */
async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    say(HELP);
    return 0;
  }
  const { seed, cycles, backend, faults } = options;
  say(`seed ${seed}, ${cycles} cycles, backend ${backend}`);
  try {
    const result = await runFaults(options);
    say(report(options, result));
    if (result.failures.length === 0) return 0;
  } catch (error) {
    say(`FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  } finally {
    await runCleanups();
  }
  const group = Object.entries(GROUPS).find(([, members]) => members === faults)?.[0];
  const chosenNames = group === undefined ? faults.map(({ name }) => name) : [group];
  const names = faults === FAULTS ? '' : chosenNames.map((name) => ` --fault ${name}`).join('');
  say(`Again: npm run faults -- --seed ${seed} --cycles ${cycles} --backend ${backend}${names}`);
  return 1;
}

process.once('SIGINT', () => {
  say('interrupted');
  void runCleanups().finally(() => process.exit(130));
});
try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
