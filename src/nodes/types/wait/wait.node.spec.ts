import { describe, expect, it } from 'vitest';
import { nodeContext } from '../../../../test/support/node-context.js';
import { NodeRegistry } from '../../node-registry.js';
import { WaitNode } from './wait.node.js';

/** What the engine says, not this machine's clock: a replica's may be an hour off. */
const now = (): number => Date.UTC(2030, 0, 1);
const node = new WaitNode();
const registry = new NodeRegistry([node]);
const wait = (config: object, state?: unknown) =>
  node.execute(
    nodeContext(registry.resolve('wait', config), {
      now,
      resumed: state === undefined ? null : { state, answer: null },
    }),
  );

describe('a wait', () => {
  it.each([
    [{ duration: '90s' }, '2030-01-01T00:01:30.000Z'],
    [{ duration: 0.5 }, '2030-01-01T00:00:00.500Z'],
    [{ until: '2030-02-01T01:00:00+01:00' }, '2030-02-01T00:00:00.000Z'],
    [{ until: 1_896_134_400 }, '2030-02-01T00:00:00.000Z'],
    [{ until: 1_896_134_400_000 }, '2030-02-01T00:00:00.000Z'],
    [{ until: '1896134400' }, '2030-02-01T00:00:00.000Z'],
  ])('%j ends at %s', (config, at) => {
    expect(wait(config)).toEqual({ kind: 'wait', until: new Date(at), state: { waited_until: at } });
  });

  it.each([[{ duration: 0 }], [{ until: '2029-12-31T23:59:59Z' }], [{ until: '2030-01-01T00:00:00Z' }]])(
    'for a time that has passed is done at once: %j',
    (config) => {
      expect(wait(config)).toMatchObject({ kind: 'done' });
    },
  );

  it('that is entered again is done, with the time it was for', () => {
    const state = { waited_until: '2030-01-01T00:01:30.000Z' };
    expect(wait({ duration: '90s' }, state)).toEqual({ kind: 'done', output: state });
  });

  it.each([
    [{}],
    [{ duration: '5m', until: '2030-01-01T00:00:00Z' }],
    [{ until: '2030-01-01' }],
    [{ until: '2030-01-01T00:00:00' }],
    [{ until: '2030-13-01T00:00:00Z' }],
    [{ until: -5 }],
    [{ duration: 'soon' }],
  ])('%j is refused', (config) => {
    expect(registry.describe('wait').check(config)).toHaveLength(1);
  });
});
