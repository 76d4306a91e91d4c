import { describe, expect, it } from 'vitest';
import { nodeContext } from '../../../../test/support/node-context.js';
import type { ChildAnswer } from '../../node.contract.js';
import { NodeRegistry } from '../../node-registry.js';
import type { SubworkflowConfig } from './subworkflow.config.js';
import { SubworkflowNode } from './subworkflow.node.js';

const node = new SubworkflowNode();
const registry = new NodeRegistry([node]);
const run = (config: object, value?: ChildAnswer) =>
  node.execute(
    nodeContext(registry.resolve('subworkflow', { workflow: 'w', ...config }) as SubworkflowConfig, {
      resumed: value === undefined ? null : { state: {}, answer: { value } },
    }),
  );
const child = (status: string, error: unknown = null): ChildAnswer => ({
  kind: 'workflow',
  execution_id: 'e',
  status,
  output: status === 'completed' ? 7 : null,
  error,
});

describe('a subworkflow', () => {
  it('asks for one execution, whose id it shows, with an empty input unless one is given', () => {
    const outcome = run({});
    expect(outcome).toMatchObject({
      kind: 'suspend',
      until: null,
      request: { for: 'child', payload: { kind: 'workflow', workflow: 'w', version: null, input: {}, wait: true } },
    });
    if (outcome.kind !== 'suspend') throw new Error('it does not suspend');
    const { execution_id } = outcome.request.payload as { execution_id: string };
    expect(outcome.shows).toEqual({ execution_id });
    expect(run({ input: null, version: 3, wait: false })).toMatchObject({
      request: { payload: { input: null, version: 3, wait: false } },
    });
  });

  it('gives the output of the execution, or says that it is queued', () => {
    expect(run({}, child('completed'))).toEqual({
      kind: 'done',
      output: { execution_id: 'e', status: 'completed', output: 7 },
    });
    expect(run({ wait: false }, child('running'))).toEqual({
      kind: 'done',
      output: { execution_id: 'e', status: 'queued', output: null },
    });
  });

  it.each(['failed', 'cancelled', 'timed_out'])(
    'fails when the execution ends as %s, and may be tried again',
    (status) => {
      const error = { code: 'x', message: 'why' };
      expect(run({}, child(status, error))).toMatchObject({
        kind: 'fail',
        error: { code: 'subworkflow_failed', retryable: true, details: { execution_id: 'e', status, error } },
      });
    },
  );

  it('fails with the reason when nothing was started', () => {
    const error = { code: 'depth_exceeded', message: 'too deep', retryable: false };
    expect(run({}, { kind: 'refused', error })).toEqual({ kind: 'fail', error });
  });
});
