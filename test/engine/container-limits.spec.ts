import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let held: HoldingServer;
let server: RecordingServer;
let broken = 0;

beforeAll(async () => {
  ({ api } = await startApp());
  held = await startHoldingServer();
  held.hold('/x');
  server = await startRecordingServer((_request, response) => {
    response.statusCode = broken-- > 0 ? 500 : 200;
    response.end('{}');
  });
});

const hold = (): string => `{id: x, type: http, config: {url: "${held.url}/x", timeout: 10m}}`;

describe('the timeout of a step that holds steps', () => {
  it.each([
    ['loop', `config: {times: 2}, steps: [#]`],
    ['condition', `config: {expression: "true"}, then: [#]`],
    ['parallel', `branches: {a: [#], b: [{id: w, type: wait, config: {duration: 10m}}]}`],
  ])('ends what runs and waits inside a %s, and then the step', async (type, rest) => {
    const execution = await api.run(`
name: limited ${type}
steps: [{id: box, type: ${type}, timeout: 300ms, ${rest.replace('#', hold())}}]
`);
    expect(execution.status).toBe('failed');
    expect(execution.error).toMatchObject({ code: 'timeout', step_path: 'box' });
    const inner = execution.step_executions.filter(({ step_path }) => step_path !== 'box');
    expect(inner.map(({ status }) => status)).toEqual(inner.map(() => 'cancelled'));
    expect(step(execution, 'box').status).toBe('timed_out');
  });

  it('counts while everything inside waits, and lets the execution go on where its error does not matter', async () => {
    const execution = await api.run(`
name: limited wait
steps:
  - {id: box, type: loop, timeout: 200ms, on_error: continue, config: {times: 3},
     steps: [{id: n, type: transform, config: {expression: index}}, {id: w, type: wait, config: {duration: "{{ index * 600 }}"}}]}
  - {id: after, type: transform, config: {expression: steps.box.output.count}}
`);
    expect(execution.status).toBe('completed');
    expect(step(execution, 'box')).toMatchObject({ status: 'timed_out', error: { code: 'timeout' } });
    expect(execution.output).toBe(1);
  });

  it('bounds a wait as well, and a retry waits anew', async () => {
    const execution = await api.run(`
name: limited wait
steps: [{id: w, type: wait, timeout: 100ms, retry_policy: {max_attempts: 2, initial_delay: 10ms}, config: {duration: 10m}}]
`);
    expect(execution.error).toMatchObject({ code: 'timeout', step_path: 'w' });
    expect(step(execution, 'w')).toMatchObject({ status: 'timed_out', attempt: 2 });
  });

  it('begins anew when the execution is retried', async () => {
    const { id } = await api.run(`
name: limited retry
steps:
  - {id: box, type: loop, timeout: 400ms, config: {times: 1}, steps: [{id: w, type: wait, config: {duration: 500ms}, timeout: 450ms}]}
`);
    expect((await api.post(`/executions/${id}/retry`)).status).toBeLessThan(300);
    const again = await eventually(async () => {
      const execution = await api.execution(id);
      expect(execution).toMatchObject({ status: 'failed', attempt: 2 });
      return execution;
    });
    const { started_at, finished_at } = step(again, 'box');
    expect(Date.parse(String(finished_at)) - Date.parse(String(started_at))).toBeGreaterThanOrEqual(395);
  });
});

describe('the retry policy of a step that holds steps', () => {
  it('is that of the steps inside which have none of their own', async () => {
    broken = 2;
    const execution = await api.run(`
name: handed down
steps:
  - id: each
    type: loop
    retry_policy: {max_attempts: 3, initial_delay: 10ms}
    config: {times: 2}
    steps:
      - {id: x, type: http, config: {url: "${server.url}/x"}}
`);
    expect(execution.status).toBe('completed');
    expect(step(execution, 'each[0].x').attempt).toBe(3);
    expect(server.count('/x')).toBe(4);
  });

  it('does not go before their own', async () => {
    broken = 1;
    const execution = await api.run(`
name: own policy
steps:
  - id: box
    type: condition
    retry_policy: {max_attempts: 3, initial_delay: 10ms}
    config: {expression: "true"}
    then: [{id: x, type: http, retry_policy: {max_attempts: 1}, config: {url: "${server.url}/y"}}]
`);
    expect(execution.error).toMatchObject({ code: 'http_500', step_path: 'box.x' });
    expect(server.count('/y')).toBe(1);
  });
});
