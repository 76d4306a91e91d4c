import { describe, expect, it } from 'vitest';
import type { Expression, Template } from '../../definition/plan.js';
import type { ArmedTrigger, Seen } from '../trigger.contract.js';
import { decide } from './decide.js';

const ID = '01890000-0000-7000-8000-000000000009';
const trigger: ArmedTrigger = {
  id: '01890000-0000-7000-8000-000000000001',
  workflowId: '01890000-0000-7000-8000-000000000002',
  version: 3,
  type: 'webhook',
  name: 'hook',
  config: {},
  filter: null,
  input: null,
  dedup: { key: null, ttlMs: 1_000 },
  priority: 7,
  mode: 'execute',
  startAt: null,
  endAt: null,
  keepMs: 1_000,
  paused: null,
  revision: 1,
};
const seen: Seen = {
  occurredAt: new Date(5_000),
  scheduledFor: null,
  payload: { n: 1 },
  key: 'delivery',
  keyTtlMs: null,
};

const template = (evaluate: (names: Record<string, unknown>) => unknown): Template => ({ isConstant: false, evaluate });
const test = (result: () => boolean): Expression => ({ source: 'n > 1', evaluate: result, test: result });

function decided(change: Partial<ArmedTrigger>, what: Partial<Seen> = {}): ReturnType<typeof decide> {
  return decide({ ...trigger, ...change }, { ...seen, ...what }, ID, { REGION: 'eu' });
}

describe('an occurrence', () => {
  it('fires the version in force with the payload as input, under its key', () => {
    const { outcome, request } = decided({});
    expect(outcome).toBe('fired');
    expect(request.execution).toMatchObject({ version: 3, input: { n: 1 }, priority: 7, triggerType: 'webhook' });
    expect(request.key).toEqual({ scope: trigger.id, key: 'delivery', ttlMs: 1_000 });
    expect(request.occurrence).toMatchObject({ id: ID, outcome: 'fired', reason: null, payload: { n: 1 } });
  });

  it('that the filter refuses is filtered, says by which, and takes no key', () => {
    const { request } = decided({ filter: test(() => false) });
    expect(request).toMatchObject({
      execution: null,
      key: null,
      occurrence: { outcome: 'filtered', reason: { code: 'filter', detail: 'n > 1' } },
    });
  });

  it('whose filter, input or key cannot be evaluated has failed', () => {
    const broken = (): never => {
      throw new Error('no such field');
    };
    for (const change of [
      { filter: test(broken) },
      { input: template(broken) },
      { dedup: { key: template(broken), ttlMs: 1 } },
    ]) {
      expect(decided(change).request).toMatchObject({
        execution: null,
        occurrence: { outcome: 'failed', reason: { code: 'expression_failed' } },
      });
    }
  });

  it('is mapped by expressions that see the trigger and env', () => {
    const input = template((names) => [(names['trigger'] as { payload: unknown }).payload, names['env']]);
    expect(decided({ input }).request.execution?.input).toEqual([{ n: 1 }, { REGION: 'eu' }]);
  });

  it("is known by the trigger's own key before the type's", () => {
    expect(decided({ dedup: { key: template(() => 42), ttlMs: 9 } }).request.key).toEqual({
      scope: trigger.id,
      key: '42',
      ttlMs: 9,
    });
    expect(decided({ dedup: { key: template(() => ''), ttlMs: 9 } }).request.key?.key).toBe('delivery');
  });

  it('of a paused trigger, or outside its time, is skipped and says why', () => {
    expect(decided({ paused: 'maintenance' }).reason).toEqual({ code: 'paused', detail: 'maintenance' });
    expect(decided({ startAt: 5_001 }).reason?.code).toBe('not_started');
    expect(decided({ endAt: 4_999 }).reason?.code).toBe('ended');
    expect(decided({ startAt: 5_000, endAt: 5_000 }).outcome).toBe('fired');
  });

  it('in notification mode starts nothing, and holds its key', () => {
    const { request } = decided({ mode: 'notify' });
    expect(request).toMatchObject({ execution: null, key: { key: 'delivery' }, occurrence: { outcome: 'notified' } });
  });

  it.each([
    ['a long text', 'x'.repeat(501)],
    ['a text with NUL', 'a\0b'],
  ])('whose key is %s is known by its hash: an index takes neither', (_what, own) => {
    for (const key of [
      decided({ dedup: { key: template(() => own), ttlMs: 9 } }).request.key?.key,
      decided({}, { key: own }).request.key?.key,
    ])
      expect(key).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it("that is replayed starts again: neither the trigger's key nor the type's holds it back, its caller's does", () => {
    const dedup = { key: template(() => 'of the order'), ttlMs: 9 };
    expect(decided({ dedup }, { replayOf: ID, key: null }).request).toMatchObject({
      key: null,
      occurrence: { replayOf: ID },
    });
    expect(decided({ dedup }, { replayOf: ID, key: 'replay:1' }).request.key?.key).toBe('replay:1');
  });
});
