import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let server: RecordingServer;
let answer: Answer;

beforeAll(async () => {
  ({ api } = await startApp());
  server = await startRecordingServer((call, response) => answer(call, response));
});

describe('a chain', () => {
  it('runs its steps in order and gives the last output as its own', async () => {
    const execution = await api.run(
      `
name: chain
steps:
  - {id: a, type: set, config: {values: {n: "{{ input.n }}"}}}
  - {id: b, type: set, config: {values: {n: "{{ steps.a.output.n * 2 }}"}}}
  - {id: c, type: transform, config: {expression: "steps.a.output.n + steps.b.output.n"}}
`,
      { input: { n: 7 } },
    );
    expect(statuses(execution)).toEqual({ a: 'completed', b: 'completed', c: 'completed' });
    expect(execution.status).toBe('completed');
    expect(execution.output).toBe(21);
    expect(step(execution, 'b').output).toEqual({ n: 14 });
  });

  it("gives the definition's output, and overrides variables by those of the execution", async () => {
    const yaml = `
name: output
variables: {greeting: hello, name: nobody}
output: {text: "{{ variables.greeting }}, {{ variables.name }}!", workflow: "{{ execution.workflow_id }}"}
steps:
  - {id: a, type: set, config: {values: {x: 1}}}
`;
    const execution = await api.run(yaml, { variables: { name: 'Ada' } });
    expect(execution.output).toEqual({ text: 'hello, Ada!', workflow: execution.workflow_id });
  });

  it('keeps data that PostgreSQL text could not hold', async () => {
    const odd = { text: 'nul \u0000, lone \ud800, snow ☃', deep: [[{ '': null }]] };
    const yaml = `
name: odd
steps:
  - {id: a, type: transform, config: {expression: input}}
`;
    const execution = await api.run(yaml, { input: odd });
    expect(execution.output).toEqual(odd);
    expect(execution.input).toEqual(odd);
  });
});

describe('order', () => {
  it('runs roots at the same time, and a join after both', async () => {
    const waiting: (() => void)[] = [];
    answer = (_call, response) => {
      waiting.push(() => response.end('{}'));
      // Nobody is answered before both have come.
      if (waiting.length === 2) for (const finish of waiting) finish();
    };
    const execution = await api.run(`
name: parallel
steps:
  - {id: left, type: http, depends_on: [], config: {url: "${server.url}/left"}}
  - {id: right, type: http, depends_on: [], config: {url: "${server.url}/right"}}
  - {id: join, type: set, depends_on: [left, right], config: {values: {both: "{{ steps.left.output.status_code + steps.right.output.status_code }}"}}}
`);
    expect(execution.output).toEqual({ both: 400 });
  });

  it('skips a step whose `when` is false, and what depends on it alone', async () => {
    const execution = await api.run(`
name: when
steps:
  - {id: a, type: set, config: {values: {n: 1}}}
  - {id: b, type: set, when: "steps.a.output.n > 5", config: {values: {n: 2}}}
  - {id: c, type: set, config: {values: {n: 3}}}
  - {id: d, type: set, depends_on: [a, b], config: {values: {n: 4}}}
  - {id: e, type: set, depends_on: [b], join: all_done, config: {values: {seen: "{{ steps.b.status }}"}}}
`);
    expect(statuses(execution)).toEqual({ a: 'completed', b: 'skipped', c: 'skipped', d: 'completed', e: 'completed' });
    expect(step(execution, 'e').output).toEqual({ seen: 'skipped' });
  });

  it('takes one branch of a condition and goes on after it', async () => {
    const yaml = `
name: branches
steps:
  - id: check
    type: condition
    config:
      expression: input.amount > 100
      then:
        - {id: big, type: set, config: {values: {size: big}}}
        - {id: more, type: set, config: {values: {size: "{{ steps.big.output.size + '!' }}"}}}
      else:
        - {id: small, type: set, config: {values: {size: small}}}
  - {id: after, type: set, config: {values: {branch: "{{ steps.check.output.branch }}"}}}
`;
    const big = await api.run(yaml, { input: { amount: 500 } });
    expect(statuses(big)).toEqual({
      check: 'completed',
      'check.big': 'completed',
      'check.more': 'completed',
      after: 'completed',
    });
    expect(step(big, 'check.more').output).toEqual({ size: 'big!' });
    expect(step(big, 'check').output).toMatchObject({ result: true });
    const small = await api.run(yaml, { input: { amount: 5 } });
    expect(Object.keys(statuses(small))).toContain('check.small');
    expect(Object.keys(statuses(small))).not.toContain('check.big');
  });

  it('follows ports in the nodes form', async () => {
    const definition = {
      version: '1.0',
      name: 'ports',
      nodes: [
        { id: 'check', type: 'FLOW', subtype: 'condition', parameters: { expression: '{{ input.n > 1 }}' } },
        { id: 'yes', type: 'ACTION', subtype: 'set', parameters: { values: { took: 'yes' } } },
        { id: 'no', type: 'ACTION', subtype: 'set', parameters: { values: { took: 'no' } } },
      ],
      connections: [
        { from: 'check', output: 'true', to: 'yes' },
        { from: 'check', output: 'false', to: 'no' },
      ],
    };
    const created = await api.post('/workflows', definition);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    const answer = await api.post(`/workflows/${created.body.id}/run`, { input: { n: 2 }, wait: true });
    expect(statuses(answer.body)).toEqual({ check: 'completed', yes: 'completed', no: 'skipped' });
    expect(answer.body.output).toEqual({ took: 'yes' });
  });

  it('holds max_parallel', async () => {
    let active = 0;
    let most = 0;
    answer = (_call, response) => {
      most = Math.max(most, ++active);
      setImmediate(() => {
        active--;
        response.end('{}');
      });
    };
    const steps = Array.from(
      { length: 9 },
      (_, n) => `  - {id: s${n}, type: http, depends_on: [], config: {url: "${server.url}/${n}"}}`,
    );
    const execution = await api.run(`name: wide\nmax_parallel: 2\nsteps:\n${steps.join('\n')}\n`);
    expect(execution.status).toBe('completed');
    expect(most).toBeLessThanOrEqual(2);
  });
});

describe('failures', () => {
  it('fail the execution with code, message and step, and start nothing more', async () => {
    const execution = await api.run(`
name: failing
steps:
  - {id: a, type: set, config: {values: {x: "{{ input.missing.deep }}"}}}
  - {id: b, type: set, config: {values: {x: 1}}}
`);
    expect(execution.status).toBe('failed');
    expect(execution.error).toMatchObject({ code: 'expression_failed', step_path: 'a' });
    expect(statuses(execution)).toEqual({ a: 'failed' });
  });

  it('are passed over by on_error: continue, and jump by goto', async () => {
    const execution = await api.run(`
name: errors
steps:
  - {id: a, type: set, on_error: continue, config: {values: {x: "{{ input.missing }}"}}}
  - {id: b, type: set, on_error: {goto: d}, config: {values: {x: "{{ input.missing }}", seen: "{{ steps.a.status }}"}}}
  - {id: c, type: set, config: {values: {x: 1}}}
  - {id: d, type: set, config: {values: {code: "{{ steps.b.error.code }}"}}}
`);
    expect(execution.status).toBe('completed');
    expect(statuses(execution)).toEqual({ a: 'failed', b: 'failed', c: 'skipped', d: 'completed' });
    expect(execution.output).toEqual({ code: 'expression_failed' });
  });

  it('run on_failure and then finally, which see what happened', async () => {
    const yaml = `
name: cleanup
steps:
  - {id: a, type: set, config: {values: {x: "{{ input.x }}"}}}
on_failure:
  - {id: tell, type: set, config: {values: {code: "{{ execution.error.code }}"}}}
finally:
  - {id: clean, type: set, config: {values: {status: "{{ execution.status }}"}}}
`;
    const failed = await api.run(yaml, { input: {} });
    expect(failed.status).toBe('failed');
    expect(statuses(failed)).toEqual({ a: 'failed', tell: 'completed', clean: 'completed' });
    expect(step(failed, 'tell').output).toEqual({ code: 'expression_failed' });
    expect(step(failed, 'clean').output).toEqual({ status: 'failed' });
    const fine = await api.run(yaml, { input: { x: 1 } });
    expect(statuses(fine)).toEqual({ a: 'completed', clean: 'completed' });
    expect(step(fine, 'clean').output).toEqual({ status: 'completed' });
  });

  it('of a nested step name that step, and fail what is around it', async () => {
    const execution = await api.run(`
name: nested
steps:
  - id: check
    type: condition
    config:
      expression: "true"
      then:
        - {id: bad, type: set, config: {values: {x: "{{ input.missing }}"}}}
`);
    expect(statuses(execution)).toEqual({ check: 'failed', 'check.bad': 'failed' });
    expect(execution.error).toMatchObject({ code: 'expression_failed', step_path: 'check.bad' });
  });
});

describe('starting', () => {
  it('refuses an input that input_schema does not allow, and records nothing', async () => {
    const workflow = await api.create(`
name: schema
input_schema: {type: object, required: [user_id], properties: {user_id: {type: integer}}}
steps:
  - {id: a, type: set, config: {values: {x: 1}}}
`);
    const answer = await api.post(`/workflows/${workflow}/execute`, { input: { user_id: 'seven' } });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      code: 'input_invalid',
      errors: [{ path: 'input.user_id', code: 'schema_type' }],
    });
    expect((await api.get(`/workflows/${workflow}/executions`)).body.items).toEqual([]);
  });

  it('gives one execution for one Idempotency-Key, and says so', async () => {
    const workflow = await api.create('name: once\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    const start = () => api.post(`/workflows/${workflow}/execute`, {}, { 'idempotency-key': 'k1' });
    const answers = await Promise.all([start(), start(), start()]);
    const later = await start();
    expect(new Set([...answers, later].map((answer) => answer.body.execution_id)).size).toBe(1);
    expect([...answers, later].filter((answer) => !answer.body.duplicate).length).toBe(1);
    expect((await api.get(`/workflows/${workflow}/runs`)).body.items.length).toBe(1);
  });

  it.each([
    [{ priority: 11 }, 'priority'],
    [{ inptu: {} }, 'inptu'],
    [{ version: 'two' }, 'version'],
    [{ wait: true, wait_timeout: 'soon' }, 'wait_timeout'],
  ])('answers 422 to %j and names %s', async (body, path) => {
    const workflow = await api.create('name: bad start\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    const answer = await api.post(`/workflows/${workflow}/execute`, body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('answers 404 for a workflow, an execution and a version that are not there', async () => {
    expect((await api.post('/workflows/nothing/execute')).body.code).toBe('workflow_not_found');
    expect((await api.get('/executions/nothing')).body.code).toBe('execution_not_found');
    const workflow = await api.create('name: one version\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]');
    expect((await api.post(`/workflows/${workflow}/execute`, { version: 9 })).status).toBe(404);
  });
});
