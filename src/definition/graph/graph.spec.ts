import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../../test/support/fake-catalogue.js';
import { parseDefinition } from '../definition.js';
import { toMermaid } from './mermaid.js';
import { planGraph, type PlanGraph } from './plan-graph.js';
import { toSvg } from './svg.js';

const catalogue = new FakeCatalogue();

function graphOfSteps(steps: object[], status?: (path: string) => string | null): PlanGraph {
  const { plan, errors } = parseDefinition({ name: 'n', steps }, catalogue);
  expect(errors).toEqual([]);
  return planGraph(plan!, catalogue, status);
}

const STEPS = [
  { id: 'fetch', name: 'Fetch <it>', type: 'http', config: { url: 'http://x' } },
  { id: 'check', type: 'condition', config: { expression: 'true' }, then: [{ id: 'big', type: 'log' }] },
  { id: 'tell', type: 'log', depends_on: [{ step: 'check', output: 'false' }] },
];

describe('the graph of a plan', () => {
  it('has a node for every step and an edge for every dependency and every way inside', () =>
    expect(graphOfSteps(STEPS, (path) => (path === 'fetch' ? 'completed' : null))).toEqual({
      nodes: [
        { id: 'fetch', type: 'http', name: 'Fetch <it>', kind: 'ACTION', status: 'completed' },
        { id: 'check', type: 'condition', name: 'check', kind: 'FLOW', status: null },
        { id: 'check.big', type: 'log', name: 'big', kind: 'ACTION', status: null },
        { id: 'tell', type: 'log', name: 'tell', kind: 'ACTION', status: null },
      ],
      edges: [
        { from: 'fetch', to: 'check', output: null },
        { from: 'check', to: 'check.big', output: 'true' },
        { from: 'check', to: 'tell', output: 'false' },
      ],
    }));

  it('is a Mermaid flowchart', () => {
    const text = toMermaid(graphOfSteps(STEPS, () => 'failed'));
    expect(text).toContain('flowchart TD');
    expect(text).toContain('n0["Fetch #60;it#62;<br/><i>http</i>"]');
    expect(text).toContain('n1 -->|"true"| n2');
    expect(text).toContain('style n0 fill:#fee2e2');
  });

  it('is an SVG in which no two boxes overlap', () => {
    const svg = toSvg(graphOfSteps(STEPS));
    expect(svg).toContain('Fetch &#60;it&#62;');
    const corners = [...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => `${x ?? ''},${y ?? ''}`);
    expect(new Set(corners).size).toBe(4);
  });

  it('lets no name break out of its text', () =>
    fc.assert(
      fc.property(fc.string(), (name) => {
        const graph = { nodes: [{ id: 'a', type: 'log', name, kind: null, status: null }], edges: [] };
        expect(toSvg(graph).match(/<[a-z/]/g)?.length).toBe(
          toSvg({ ...graph, nodes: [{ ...graph.nodes[0]!, name: 'x' }] }).match(/<[a-z/]/g)?.length,
        );
        expect(toMermaid(graph).split('\n')).toHaveLength(3);
        expect(toMermaid(graph).match(/"/g)).toHaveLength(2);
      }),
    ));
});
