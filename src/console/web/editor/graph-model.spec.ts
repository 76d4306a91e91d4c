import { describe, expect, it } from 'vitest';
import {
  addStep,
  changeStep,
  connect,
  disconnect,
  moveStep,
  removeStep,
  renameStep,
  valueAt,
  waitFor,
} from './graph-edits';
import { type EditGraph, type EditNode, graphOf } from './graph-model';

const STEPS = `# What it is for.
name: Orders # shown in lists

steps:
  # First look.
  - id: fetch
    type: http
    config:
      url: https://example.com/orders # the shop
      method: GET
  - id: check
    type: condition
    config:
      expression: steps.fetch.output.status_code == 200
      then:
        - id: good
          type: log
          config: { message: "{{ steps.fetch.output.body }}" }
      else:
        - id: bad
          type: log
          config: { message: no }
  # And at last:
  - id: done
    type: log
    depends_on: [fetch, { step: check, output: "true" }]
    config: { message: done }
`;

const NODES = `version: "1.0"
name: Hook
nodes:
  - { id: start, type: TRIGGER, subtype: webhook, parameters: { path: /hook } }
  - { id: check, type: FLOW, subtype: condition, parameters: { expression: input.n > 1 } } # the question
  - { id: big, type: ACTION, subtype: log, parameters: { message: big } }
connections:
  - { from: start, to: check }
  - { from: check, output: "true", to: big }
`;

function graph(text: string): EditGraph {
  const found = graphOf(text);
  if (found === null) throw new Error('no graph');
  return found;
}

function node(text: string, step: string): EditNode {
  const found = graph(text).nodes.find((each) => each.step === step);
  if (found === undefined) throw new Error(`no step ${step}`);
  return found;
}

function edges(text: string): string[] {
  const { nodes, edges: all } = graph(text);
  const name = (id: string): string => nodes.find((each) => each.id === id)?.step ?? '?';
  return all.map(({ from, to, output }) => `${name(from)}>${name(to)}${output === null ? '' : `:${output}`}`);
}

function comments(text: string): string[] {
  return [...text.matchAll(/#.*/g)].map(([comment]) => comment);
}

describe('the graph of a text', () => {
  it('has nested steps behind the port that leads to them, and the written dependencies', () => {
    expect(graph(STEPS).nodes.map(({ step, type }) => `${step} ${type}`)).toEqual([
      'fetch http',
      'check condition',
      'good log',
      'bad log',
      'done log',
    ]);
    expect(edges(STEPS)).toEqual([
      'fetch>check',
      'check>good:true',
      'check>bad:false',
      'fetch>done',
      'check>done:true',
    ]);
  });

  it('of nodes with connections follows the connections', () => {
    expect(graph(NODES).spelling).toBe('nodes');
    expect(edges(NODES)).toEqual(['start>check', 'check>big:true']);
  });

  it('applies the rules of steps that do not say what they wait for', () => {
    const text =
      'steps: [{id: a, type: log}, {id: b, type: log}, {id: c, type: log, is_parallel: true}, {id: d, type: log, depends_on: []}]';
    expect(edges(text)).toEqual(['a>b', 'a>c']);
  });

  it('has the scopes of loops, cases and branches', () => {
    const text = `steps:
  - {id: l, type: loop, config: {items: [1], steps: [{id: x, type: log}]}}
  - {id: s, type: switch, config: {value: 1, cases: [{when: 1, steps: [{id: y, type: log}]}], default: [{id: z, type: log}]}}
  - {id: p, type: parallel, config: {branches: {left: [{id: v, type: log}], right: [{id: w, type: log}]}}}`;
    expect(edges(text)).toEqual(['l>x:body', 'l>s', 's>z:default', 's>y:cases[0]', 's>p', 'p>v:left', 'p>w:right']);
  });

  it('is missing where the text cannot be read', () => {
    expect(graphOf('steps: [')).toBeNull();
    expect(graphOf('just words')).toBeNull();
  });
});

describe('an edit in the graph keeps every comment and changes what it says', () => {
  const EDITS: [string, string, (text: string, graph: EditGraph) => string, (after: string) => void][] = [
    [
      'adding behind the last step',
      STEPS,
      addStep({ type: 'log', kind: 'ACTION' }, { message: 'x' }, node(STEPS, 'done')),
      (after) => expect(edges(after)).toContain('done>log'),
    ],
    [
      'adding behind another step',
      STEPS,
      addStep({ type: 'log', kind: 'ACTION' }, { message: 'x' }, node(STEPS, 'fetch')),
      (after) => expect(edges(after)).toContain('fetch>log'),
    ],
    [
      'connecting',
      STEPS,
      connect(node(STEPS, 'fetch'), node(STEPS, 'done'), 'out'),
      (after) => expect(edges(after)).toEqual(expect.arrayContaining(['fetch>done:out', 'check>done:true'])),
    ],
    [
      'disconnecting',
      STEPS,
      disconnect(node(STEPS, 'check'), node(STEPS, 'done')),
      (after) => expect(edges(after).filter((edge) => edge.includes('done'))).toEqual(['fetch>done']),
    ],
    [
      'moving',
      STEPS,
      moveStep(node(STEPS, 'check'), 10.4, 20),
      (after) => expect(node(after, 'check').position).toEqual({ x: 10, y: 20 }),
    ],
    [
      'configuring',
      STEPS,
      changeStep(node(STEPS, 'fetch'), { config: { url: 'https://example.com/new', method: 'POST' } }),
      (after) =>
        expect(valueAt(after, ['steps', 0, 'config'])).toEqual({ url: 'https://example.com/new', method: 'POST' }),
    ],
    [
      'renaming',
      STEPS,
      renameStep(node(STEPS, 'fetch'), 'load'),
      (after) => {
        expect(edges(after)).toContain('load>done');
        expect(after).toContain('steps.load.output.status_code');
        expect(after).not.toContain('fetch');
      },
    ],
    [
      'configuring a node',
      NODES,
      changeStep(node(NODES, 'check'), { parameters: { expression: 'input.n > 2' } }),
      (after) => expect(valueAt(after, ['nodes', 1, 'parameters'])).toEqual({ expression: 'input.n > 2' }),
    ],
    [
      'connecting nodes',
      NODES,
      connect(node(NODES, 'start'), node(NODES, 'big'), null),
      (after) => expect(edges(after)).toContain('start>big'),
    ],
  ];
  it.each(EDITS)('%s', (_name, before, edit, check) => {
    const after = edit(before, graph(before));
    expect(comments(after)).toEqual(comments(before));
    check(after);
  });

  it('removing: what waited for the step waits for what it waited for', () => {
    const text = 'steps:\n  - {id: a, type: log}\n  - {id: b, type: log}\n  - {id: c, type: log, depends_on: [b]}\n';
    expect(edges(removeStep(node(text, 'b'))(text, graph(text)))).toEqual(['a>c']);
  });
});

describe('what a step waits for is chosen', () => {
  it('in steps: ways out that were named stay', () => {
    const chosen = [node(STEPS, 'check')];
    const after = waitFor(node(STEPS, 'done'), chosen)(STEPS, graph(STEPS));
    expect(valueAt(after, ['steps', 2, 'depends_on'])).toEqual([{ step: 'check', output: 'true' }]);
    expect(after).toContain('# And at last:');
  });

  it('in nodes with connections: those that stay keep their way out', () => {
    const chosen = [node(NODES, 'start'), node(NODES, 'check')];
    const after = waitFor(node(NODES, 'big'), chosen)(NODES, graph(NODES));
    expect(edges(after)).toEqual(['start>check', 'check>big:true', 'start>big']);
    expect(edges(waitFor(node(after, 'big'), [])(after, graph(after)))).toEqual(['start>check']);
  });
});

it.each([
  ['lists at the column of their key', 'name: x\nsteps:\n# one\n- id: a\n  type: log\n  config:\n    message: hi\n'],
  ['four spaces', 'name: x\nsteps:\n    - id: a\n      type: log\n      config:\n          message: hi\n'],
  ['two spaces', 'name: x\n\nsteps:\n\n  - id: a\n    type: log\n    config: {message: hi}\n'],
])('an edit leaves every line that it does not mean as it was: %s', (_name, text) => {
  const after = moveStep(node(text, 'a'), 1, 2)(text, graph(text));
  const lines = after.split('\n');
  expect(lines.filter((line) => !line.includes('position'))).toEqual(text.split('\n'));
  expect(lines.length).toBe(text.split('\n').length + 1);
});
