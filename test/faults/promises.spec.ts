import { expect, it } from 'vitest';
import type { Evidence, ExecutionRow, StepRow } from './evidence.js';
import { judge } from './promises.js';

const CUT = { error: { code: 'interrupted' } };
const QUARANTINED = { code: 'step_quarantined' };
const CHILD_FAILED = { code: 'subworkflow_failed', details: { execution_id: 'child' } };

/** @returns what the fifth promise says is broken */
function unfinished(
  executions: readonly Partial<ExecutionRow>[],
  steps: readonly Partial<StepRow>[],
): readonly string[] {
  const evidence = {
    asked: [],
    executions: new Map(executions.map((row) => [row.id, { workflow: 'w', status: 'failed', ...row }])),
    steps,
    occurrences: [],
    calls: [],
    finished: new Map(),
    violations: [],
    world: { workflows: [], mails: null },
  } as unknown as Evidence;
  return judge(evidence).find(({ promise }) => promise.startsWith('5'))?.broken ?? ['not judged'];
}

const cutOff = (times: number): Partial<StepRow> => ({
  execution_id: 'child',
  status: 'failed',
  attempts: Array.from({ length: times }, () => CUT),
});

it('a step that was cut off three times may be quarantined, and fail whoever waits for its execution', () => {
  const family = [
    { id: 'child', error: QUARANTINED },
    { id: 'parent', error: CHILD_FAILED },
  ];
  expect(unfinished(family, [cutOff(2)])).toEqual([]);
  expect(unfinished(family, [cutOff(1)])).toHaveLength(2);
});

it('a parent may not fail by a child that did not', () => {
  const family = [
    { id: 'child', status: 'completed', error: null },
    { id: 'parent', error: CHILD_FAILED },
  ];
  expect(unfinished(family, [])).toEqual([expect.stringContaining('parent is failed')]);
});
