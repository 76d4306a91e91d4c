import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/support/fake-catalogue.js';
import { parseDefinition, planSummary } from './definition.js';
import type { Plan } from './plan.js';

const catalogue = new FakeCatalogue();
const parse = (nodes: object[], connections: object[]) =>
  parseDefinition({ version: '1.0', name: 'n', nodes, connections }, catalogue);
const planOf = (nodes: object[], connections: object[]): Plan => {
  const { plan, errors } = parse(nodes, connections);
  expect(errors).toEqual([]);
  return plan!;
};
const trigger = { id: 'start', type: 'TRIGGER', subtype: 'webhook', parameters: { path: '/hook' } };
const log = (id: string, more: object = {}): object => ({ id, type: 'ACTION', subtype: 'log', ...more });
const loop = (id: string): object => ({ id, type: 'FLOW', subtype: 'loop', parameters: { items: '{{ input.rows }}' } });

describe('nodes with connections', () => {
  it('become triggers, steps and dependencies with ports', () => {
    const plan = planOf(
      [
        trigger,
        { id: 'check', type: 'FLOW', subtype: 'condition', parameters: { expression: '{{ input.amount > 100 }}' } },
        { id: 'big', type: 'ACTION', subtype: 'http', parameters: { url: 'http://x' }, position: { x: 0, y: 0 } },
      ],
      [
        { from: 'start', to: 'check' },
        { from: 'check', output: 'true', to: 'big' },
      ],
    );
    expect(plan.triggers).toMatchObject([{ type: 'webhook', name: 'start', config: { path: '/hook' } }]);
    expect(plan.main.steps.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
      ['check', []],
      ['big', [{ on: 'check', port: 'true' }]],
    ]);
  });

  it('keep position, notes and disabled, and compile again from what is stored', () => {
    const node = log('a', { position: { x: 1, y: 2 }, notes: 'why', disabled: true, name: 'A' });
    const { definition, plan } = parse(
      [trigger, node, log('b')],
      [
        { from: 'start', to: 'a' },
        { from: 'a', output: 'out', to: 'b' },
      ],
    );
    expect(definition?.steps[0]).toMatchObject({ position: { x: 1, y: 2 }, notes: 'why', disabled: true, name: 'A' });
    const again = parseDefinition(definition!, catalogue);
    expect(again.definition).toEqual(definition);
    expect(planSummary(again.plan!)).toEqual(planSummary(plan!));
  });

  it('nest what a body output leads through', () => {
    const plan = planOf(
      [trigger, loop('outer'), log('first'), loop('inner'), log('deep'), log('last'), log('after')],
      [
        { from: 'start', to: 'outer' },
        { from: 'outer', output: 'body', to: 'first' },
        { from: 'first', to: 'inner' },
        { from: 'inner', output: 'body', to: 'deep' },
        { from: 'deep', to: 'inner' },
        { from: 'inner', output: 'done', to: 'last' },
        { from: 'last', to: 'outer' },
        { from: 'outer', output: 'done', to: 'after' },
      ],
    );
    expect([...plan.steps.keys()]).toEqual([
      'outer',
      'outer[].first',
      'outer[].inner',
      'outer[].inner[].deep',
      'outer[].last',
      'after',
    ]);
    expect(plan.steps.get('after')?.dependsOn).toEqual([{ on: 'outer', port: null }]);
    expect(plan.steps.get('outer[].last')?.dependsOn).toEqual([{ on: 'inner', port: null }]);
  });

  it('have their faults at the nodes as written', () => {
    const { errors } = parse(
      [
        trigger,
        { id: 'a', type: 'FLOW', subtype: 'http', parameters: { url: '{{ steps.zz.output }}', methd: 'GET' } },
        { id: 'b', type: 'ACTN', subtype: 'lag' },
        log('lost'),
        log('loner', { colour: 'red' }),
      ],
      [
        { from: 'start', to: 'a' },
        { from: 'a', to: 'b', output: 'false' },
        { from: 'a', to: 'nowhere' },
        { from: 'a', to: 'start' },
        { from: 'start', to: 'loner' },
        { from: 'a' },
      ],
    );
    expect(errors.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
      'config_unknown_field nodes[1].parameters.methd',
      'connection_invalid connections[3].to',
      'connection_unknown connections[2].to',
      'field_required connections[5].to',
      'field_unknown nodes[4].colour',
      'kind_mismatch nodes[1].type',
      'output_unknown connections[1]',
      'reference_unknown nodes[1].parameters.url',
      'step_unreachable nodes[3]',
      'type_unknown nodes[2].subtype',
      'value_invalid nodes[2].type',
    ]);
  });

  it('must close their loops, and cannot be entered from outside', () => {
    const open = parse(
      [trigger, loop('each'), log('a')],
      [
        { from: 'start', to: 'each' },
        { from: 'each', output: 'body', to: 'a' },
      ],
    );
    expect(open.errors.map(({ code }) => code)).toEqual(['loop_not_closed']);
    const entered = parse(
      [trigger, loop('each'), log('a'), log('b')],
      [
        { from: 'start', to: 'each' },
        { from: 'start', to: 'b' },
        { from: 'each', output: 'body', to: 'a' },
        { from: 'a', to: 'each' },
        { from: 'b', to: 'a' },
      ],
    );
    expect(entered.errors.map(({ code }) => code)).toEqual(['connection_invalid']);
  });

  it('with a cycle that is no loop are refused', () => {
    const { errors } = parse(
      [trigger, log('a'), log('b')],
      [
        { from: 'start', to: 'a' },
        { from: 'a', to: 'b' },
        { from: 'b', to: 'a' },
      ],
    );
    expect(errors.map(({ code }) => code)).toEqual(['dependency_cycle']);
  });

  it('give the plan of the same definition in steps', () => {
    const edges = fc
      .integer({ min: 1, max: 12 })
      .chain((count) =>
        fc.tuple(fc.constant(count), fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 20 })),
      );
    fc.assert(
      fc.property(edges, ([count, pairs]) => {
        const ids = Array.from({ length: count }, (_, index) => `s${index}`);
        const links = pairs.filter(([from, to]) => from < to).map(([from, to]) => ({ from: `s${from}`, to: `s${to}` }));
        const roots = ids.filter((id) => !links.some(({ to }) => to === id));
        const nodes = parse(
          [trigger, ...ids.map((id) => log(id))],
          [...roots.map((to) => ({ from: 'start', to })), ...links],
        );
        const steps = parseDefinition(
          {
            name: 'n',
            steps: ids.map((id) => ({
              id,
              type: 'log',
              depends_on: [...new Set(links.filter(({ to }) => to === id).map(({ from }) => from))],
            })),
            triggers: [{ type: 'webhook', name: 'start', config: { path: '/hook' } }],
          },
          catalogue,
        );
        expect(nodes.errors).toEqual([]);
        expect(planSummary(nodes.plan!)).toEqual(planSummary(steps.plan!));
      }),
    );
  });
});
