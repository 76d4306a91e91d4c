import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addUp, toLookAtAgain } from '../../scripts/lib/test-report.mjs';
import { ROOT as REPOSITORY } from './paths.js';

const ROOT = '/repo';

/** By file: the names of its tests that failed; none: it failed as a whole. */
function report(passed: number, failed: Readonly<Record<string, readonly string[]>>): object {
  const files = Object.entries(failed).map(([file, names]) => ({
    name: `${ROOT}/${file}`,
    status: 'failed',
    assertionResults: names.map((fullName) => ({ fullName, status: 'failed' })),
  }));
  const green = { name: `${ROOT}/green.spec.ts`, status: 'passed', assertionResults: [] };
  return { numPassedTests: passed, testResults: [green, ...files] };
}

const red = (of: object | null) => ({ code: 1, report: of, stray: 0 });

it('looks again at a few files that failed', () => {
  expect(toLookAtAgain(red(report(9, { 'a.spec.ts': ['a'], 'test/b.spec.ts': [] })), ROOT)).toEqual([
    'a.spec.ts',
    'test/b.spec.ts',
  ]);
  expect(toLookAtAgain(red(report(9, {})), ROOT)).toEqual([]);
});

it.each([
  ['many have failed', report(9, { 'a.ts': ['1'], 'b.ts': ['2'], 'c.ts': ['3'], 'd.ts': ['4'] })],
  ['the faults are among them', report(9, { 'a.ts': ['1'], 'test/faults/faults.spec.ts': ['2'] })],
  ['there is no report', null],
])('does not look again when %s', (_, first) => {
  expect(toLookAtAgain(red(first), ROOT)).toEqual([]);
});

it('does not look again when an error belongs to no file', () => {
  expect(toLookAtAgain({ ...red(report(9, { 'a.ts': ['1'] })), stray: 1 }, ROOT)).toEqual([]);
});

it('hears of errors that belong to no file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-stray-'));
  const spec =
    "import { it } from 'vitest';\nit('passes', () => void setTimeout(() => { throw new Error('stray'); }));\nit('waits', () => new Promise((done) => setTimeout(done, 50)));\n";
  writeFileSync(join(folder, 'stray.spec.js'), spec);
  const stray = join(folder, 'stray');
  const args = ['run', '--globals', '--root', folder, `--reporter=${join(REPOSITORY, 'scripts/lib/stray-errors.mjs')}`];
  const { status } = spawnSync(process.execPath, [join(REPOSITORY, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: folder,
    env: { ...process.env, STRAY_ERRORS: stray },
  });
  expect([status, readFileSync(stray, 'utf8')]).toEqual([1, '1']);
  rmSync(folder, { recursive: true });
});

it('counts what passed alone as passed, and names it', () => {
  const first = { code: 1, report: report(10, { 'a.ts': ['slow', 'wrong'] }), stray: 0 };
  const second = { code: 1, report: report(1, { 'a.ts': ['wrong'] }), stray: 0 };
  expect(addUp(first, second)).toEqual({ passed: 11, failed: 1, unsteady: ['slow'] });
  expect(addUp(first, { code: 0, report: report(2, {}), stray: 0 })).toEqual({
    passed: 12,
    failed: 0,
    unsteady: ['slow', 'wrong'],
  });
});

it('counts a file that fails outside its tests once, and a run without a report as a failure', () => {
  expect(addUp({ code: 1, report: report(10, { 'a.ts': [] }), stray: 0 }, null)).toEqual({
    passed: 10,
    failed: 1,
    unsteady: [],
  });
  expect(addUp({ code: 1, report: null, stray: 0 }, null)).toEqual({ passed: 0, failed: 1, unsteady: [] });
  expect(
    addUp({ code: 1, report: report(10, { 'a.ts': ['x'] }), stray: 0 }, { code: 1, report: null, stray: 0 }),
  ).toEqual({
    passed: 10,
    failed: 1,
    unsteady: [],
  });
});
