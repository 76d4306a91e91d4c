import { describe, expect, it } from 'vitest';
import { NodeRegistry } from '../../node-registry.js';
import { nodeContext } from '../../../../test/support/node-context.js';
import { ConditionNode } from './condition.node.js';

const node = new ConditionNode();
const registry = new NodeRegistry([node]);
const decide = (config: object) => node.execute(nodeContext(registry.resolve('condition', config)));

describe('a condition', () => {
  it.each([
    [{ expression: true }, true],
    [{ expression: false }, false],
    [{ conditions: { all: [true, true] } }, true],
    [{ conditions: { all: [true, false] } }, false],
    [{ conditions: { any: [false, true] } }, true],
    [{ conditions: { any: [false, false] } }, false],
  ])('%j is %s', (config, result) => {
    const branch = String(result);
    const scope = result ? 'then' : 'else';
    expect(decide(config)).toEqual({ kind: 'enter', scope, port: branch, output: { result, branch } });
  });

  it.each([[{ expression: 'yes' }], [{ expression: null }], [{ conditions: { any: [true, 'yes'] } }]])(
    'that gives no boolean is config_invalid: %j',
    (config) => {
      expect(() => decide(config)).toThrow(
        expect.objectContaining({ code: 'config_invalid', retryable: false }) as Error,
      );
    },
  );

  it.each([
    [{}, 'expression'],
    [{ expression: 'a', conditions: { all: ['b'] } }, 'conditions'],
    [{ conditions: { all: ['a'], any: ['b'] } }, 'conditions.any'],
    [{ conditions: {} }, 'conditions.all'],
    [{ conditions: { all: [{}] } }, 'conditions.all'],
  ])('%j is refused at %s', (config, path) => {
    expect(registry.describe('condition').check(config)).toMatchObject([{ path }]);
  });

  it('holds the steps of the branches that were written', () => {
    expect(node.nested({ then: [{}] })).toEqual([{ name: 'then', port: 'true', at: ['then'] }]);
    expect(node.nested({ expression: 'x' })).toEqual([]);
  });
});
