import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MutationTree, type Outcome } from './mutate.js';
import { MUTATIONS, mutationsTable, type Mutation } from './mutations.js';

const HELP = `npm run mutations [-- [--only <part of a guard's name>]…] [--write]

Takes each guard out of a copy of the sources and runs the test that must go red. --write only writes mutations.md.`;

const say = (line: string): boolean => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) say(HELP);
else if (values.write) writeFileSync(join(import.meta.dirname, 'mutations.md'), mutationsTable());
else process.exitCode = await runAll(MUTATIONS.filter(isAsked));

function isAsked({ guard }: Mutation): boolean {
  return values.only.length === 0 || values.only.some((part) => guard.includes(part));
}

/** @returns the exit code. */
async function runAll(mutations: readonly Mutation[]): Promise<number> {
  const tree = new MutationTree();
  try {
    const isSound = await whole(tree, mutations);
    let failed = 0;
    for (const mutation of mutations) {
      const outcome = await tree.run(mutation);
      if (outcome !== 'red') failed++;
      say(line(outcome, mutation));
    }
    say(failed === 0 && isSound ? `\nAll ${mutations.length} guards are held by their tests.` : '\nFAILED');
    return failed === 0 && isSound ? 0 : 1;
  } finally {
    tree.remove();
  }
}

/** Without a mutation every test must be green, or its red says nothing. */
async function whole(tree: MutationTree, mutations: readonly Mutation[]): Promise<boolean> {
  let isSound = true;
  const tests = new Map(mutations.map(({ red }) => [JSON.stringify(red), red]));
  for (const red of tests.values()) {
    const outcome = await tree.test(red);
    if (outcome === 'green') continue;
    isSound = false;
    say(`with every guard in place ${outcome}: ${JSON.stringify(red)}`);
  }
  say(`${tests.size} tests with every guard in place: ${isSound ? 'green' : 'NOT green'}\n`);
  return isSound;
}

function line(outcome: Outcome, { guard, red }: Mutation): string {
  const test = 'spec' in red ? `${red.spec}: ${red.name}` : `faults, ${red.fault}`;
  return `${outcome.padEnd(9)}${guard}\n         ${test}`;
}
