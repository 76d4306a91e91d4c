import { expect, it } from 'vitest';
import { addUp, toLookAtAgain } from '../../scripts/lib/test-report.mjs';

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

it('looks again at a few files that failed', () => {
  expect(toLookAtAgain(report(9, { 'a.spec.ts': ['a'], 'test/b.spec.ts': [] }), ROOT)).toEqual([
    'a.spec.ts',
    'test/b.spec.ts',
  ]);
  expect(toLookAtAgain(report(9, {}), ROOT)).toEqual([]);
});

it.each([
  ['many have failed', report(9, { 'a.ts': ['1'], 'b.ts': ['2'], 'c.ts': ['3'], 'd.ts': ['4'] })],
  ['the faults are among them', report(9, { 'a.ts': ['1'], 'test/faults/faults.spec.ts': ['2'] })],
  ['there is no report', null],
])('does not look again when %s', (_, first) => {
  expect(toLookAtAgain(first, ROOT)).toEqual([]);
});

it('counts what passed alone as passed, and names it', () => {
  const first = { code: 1, report: report(10, { 'a.ts': ['slow', 'wrong'] }) };
  const second = { code: 1, report: report(1, { 'a.ts': ['wrong'] }) };
  expect(addUp(first, second)).toEqual({ passed: 11, failed: 1, unsteady: ['slow'] });
  expect(addUp(first, { code: 0, report: report(2, {}) })).toEqual({
    passed: 12,
    failed: 0,
    unsteady: ['slow', 'wrong'],
  });
});

it('counts a file that fails outside its tests once, and a run without a report as a failure', () => {
  expect(addUp({ code: 1, report: report(10, { 'a.ts': [] }) }, null)).toEqual({ passed: 10, failed: 1, unsteady: [] });
  expect(addUp({ code: 1, report: null }, null)).toEqual({ passed: 0, failed: 1, unsteady: [] });
  expect(addUp({ code: 1, report: report(10, { 'a.ts': ['x'] }) }, { code: 1, report: null })).toEqual({
    passed: 10,
    failed: 1,
    unsteady: [],
  });
});
