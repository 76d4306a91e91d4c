import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let server: RecordingServer;
let answer: Answer = (_call, response) => response.end('{}');

beforeAll(async () => {
  ({ api } = await startApp());
  server = await startRecordingServer((call, response) => answer(call, response));
});

describe('switch', () => {
  const yaml = `
name: sizes
steps:
  - id: size
    type: switch
    config:
      value: "{{ input.size }}"
      cases:
        - equals: small
          steps: [{id: small, type: set, config: {values: {price: 1}}}]
        - when: input.size == 'large' && input.rush
          steps: [{id: rushed, type: set, config: {values: {price: 9}}}]
        - {equals: [1, {a: 2}]}
      default:
        - {id: other, type: set, config: {values: {price: 5}}}
  - {id: after, type: set, config: {values: {branch: "{{ steps.size.output.branch }}"}}}
`;

  it.each([
    [{ size: 'small', rush: false }, 'cases[0]', { 'size.small': 'completed' }],
    [{ size: 'large', rush: true }, 'cases[1]', { 'size.rushed': 'completed' }],
    [{ size: [1, { a: 2 }], rush: true }, 'cases[2]', {}],
    [{ size: 'large', rush: false }, 'default', { 'size.other': 'completed' }],
  ])('with %j takes %s, and only its steps run', async (input, branch, inside) => {
    const execution = await api.run(yaml, { input });
    expect(statuses(execution)).toEqual({ size: 'completed', after: 'completed', ...inside });
    expect(step(execution, 'size').output).toEqual({ branch });
    expect(execution.output).toEqual({ branch });
  });

  it('leaves by the port of its case in the nodes form', async () => {
    const set = (id: string) => ({ id, type: 'ACTION', subtype: 'set', parameters: { values: { took: id } } });
    const definition = {
      name: 'switch ports',
      nodes: [
        {
          id: 'which',
          type: 'FLOW',
          subtype: 'switch',
          parameters: { value: '{{ input.kind }}', cases: [{ equals: 'a' }, { equals: 'b' }] },
        },
        set('a'),
        set('b'),
        set('none'),
      ],
      connections: [
        { from: 'which', output: 'cases[0]', to: 'a' },
        { from: 'which', output: 'case_1', to: 'b' },
        { from: 'which', output: 'default', to: 'none' },
      ],
    };
    const created = await api.post('/workflows', definition);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    for (const [kind, took] of [
      ['a', 'a'],
      ['b', 'b'],
      ['c', 'none'],
    ]) {
      const { body } = await api.post(`/workflows/${created.body.id}/run`, { input: { kind }, wait: true });
      expect(body.output).toEqual({ took });
    }
  });

  it('is refused with a case that has both or neither of `equals` and `when`, or nothing to compare with', async () => {
    const broken = `
name: broken
steps:
  - {id: s, type: switch, config: {cases: [{equals: 1, when: "true"}, {steps: []}]}}
`;
    const { status, body } = await api.call('POST', '/workflows', broken, { 'content-type': 'application/yaml' });
    expect(status).toBe(422);
    expect(body.errors.map((fault: any) => fault.path).sort()).toEqual([
      'steps[0].config.cases[0].when',
      'steps[0].config.cases[1].equals',
      'steps[0].config.value',
    ]);
  });
});

describe('fail', () => {
  it('fails the execution with its message and code, and on_failure sees them', async () => {
    const execution = await api.run(
      `
name: failing on purpose
steps:
  - {id: refuse, type: fail, config: {message: "No customer {{ input.id }}", code: customer_unknown}}
  - {id: never, type: set, config: {values: {x: 1}}}
on_failure:
  - {id: tell, type: set, config: {values: {code: "{{ execution.error.code }}"}}}
`,
      { input: { id: 7 } },
    );
    expect(execution.status).toBe('failed');
    expect(execution.error).toMatchObject({
      code: 'customer_unknown',
      message: 'No customer 7',
      step_path: 'refuse',
    });
    expect(statuses(execution)).toEqual({ refuse: 'failed', tell: 'completed' });
    expect(step(execution, 'tell').output).toEqual({ code: 'customer_unknown' });
  });
});

describe('stop', () => {
  it('ends the execution as completed with its output: nothing after it runs, and finally does', async () => {
    const execution = await api.run(
      `
name: stopping
output: {never: "{{ steps.check.output.result }}"}
steps:
  - id: check
    type: condition
    config:
      expression: input.found
      else:
        - {id: halt, type: stop, config: {output: {found: false, id: "{{ input.id }}"}}}
        - {id: inside, type: set, config: {values: {x: 1}}}
  - {id: after, type: set, config: {values: {x: 1}}}
finally:
  - {id: clean, type: set, config: {values: {status: "{{ execution.status }}"}}}
`,
      { input: { found: false, id: 3 } },
    );
    expect(execution.status).toBe('completed');
    expect(execution.output).toEqual({ found: false, id: 3 });
    expect(statuses(execution)).toEqual({
      check: 'cancelled',
      'check.halt': 'completed',
      clean: 'completed',
    });
    expect(step(execution, 'clean').output).toEqual({ status: 'completed' });
  });

  it('cancels what runs beside it', async () => {
    let aborted = false;
    answer = ({ url }, response) => {
      if (url === '/trigger') response.end('{}');
      // Never answered: only an abort ends it.
      else response.on('close', () => (aborted = true));
    };
    const execution = await api.run(`
name: stopping others
steps:
  - {id: long, type: http, depends_on: [], config: {url: "${server.url}/long"}}
  - {id: nap, type: wait, depends_on: [], config: {duration: 1h}}
  - {id: short, type: http, depends_on: [], config: {url: "${server.url}/trigger"}}
  - {id: halt, type: stop, depends_on: [short]}
`);
    expect(execution).toMatchObject({ status: 'completed', output: null, error: null });
    expect(statuses(execution)).toEqual({
      long: 'cancelled',
      nap: 'cancelled',
      short: 'completed',
      halt: 'completed',
    });
    expect(aborted).toBe(true);
  });

  it('in on_failure ends that part only: the execution stays failed', async () => {
    const execution = await api.run(`
name: stopping late
steps: [{id: bad, type: fail, config: {message: no}}]
on_failure:
  - {id: halt, type: stop, config: {output: 1}}
  - {id: never, type: set, config: {values: {x: 1}}}
finally: [{id: clean, type: set, config: {values: {x: 1}}}]
`);
    expect(execution).toMatchObject({ status: 'failed', output: null, error: { code: 'failed', step_path: 'bad' } });
    expect(statuses(execution)).toEqual({ bad: 'failed', halt: 'completed', clean: 'completed' });
  });
});
