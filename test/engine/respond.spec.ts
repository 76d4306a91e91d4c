import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { unhurried } from '../support/unhurried.js';

let api: Api;
let url: string;
let remote: HoldingServer;
let webhooks = 0;

beforeAll(async () => {
  const app = await startApp();
  unhurried(app.app);
  ({ api, url } = app);
  remote = await startHoldingServer();
});

/** @returns the path of a deployed webhook that runs these steps. */
async function webhook(steps: string, config = ''): Promise<string> {
  const path = `respond-${++webhooks}`;
  const id = await api.create(`
name: ${path}
steps:
${steps}
triggers: [{type: webhook, config: {path: /${path}, response: respond${config}}}]
`);
  expect((await api.post(`/deployment/workflows/${id}/deploy`)).status).toBe(201);
  return path;
}

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function send(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Got> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
  const answer = await fetch(`${url}/webhook/${path}`, init);
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('a webhook with response respond', () => {
  it('answers an object as JSON with status 200', async () => {
    const path = await webhook(`  - {id: say, type: respond, config: {body: {order: "{{ input.order }}"}}}`);
    const { status, headers, text } = await send(path, { order: 7 });
    expect({ status, type: headers.get('content-type'), text }).toEqual({
      status: 200,
      type: 'application/json; charset=utf-8',
      text: '{"order":7}',
    });
  });

  it('answers text with the status and the headers that the step says, sandboxed and unsniffed', async () => {
    const path = await webhook(
      `  - {id: say, type: respond, config: {status_code: 418, headers: {Content-Type: text/html, X-Count: 3}, body: "<b>no</b>"}}`,
    );
    const { status, headers, text } = await send(path);
    expect({ status, text }).toEqual({ status: 418, text: '<b>no</b>' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/html',
      'x-count': '3',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/^sandbox/) as string,
    });
  });

  it('answers without a body when the step says none', async () => {
    const path = await webhook(`  - {id: say, type: respond, config: {status_code: 204}}`);
    expect(await send(path)).toMatchObject({ status: 204, text: '' });
    const plain = await webhook(`  - {id: say, type: respond, config: {headers: {Location: /done}, status_code: 303}}`);
    const answer = await fetch(`${url}/webhook/${plain}`, { method: 'POST', redirect: 'manual' });
    expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([303, '/done', '']);
  });

  it('answers while the execution still runs', async () => {
    remote.hold('/after-respond');
    const path = await webhook(`  - {id: say, type: respond, config: {body: early}}
  - {id: slow, type: http, config: {url: "${remote.url}/after-respond"}}`);
    expect(await send(path)).toMatchObject({ status: 200, text: 'early' });
    await eventually(() => expect(remote.count('/after-respond')).toBe(1));
    const [execution] = (await api.get('/executions?limit=1')).body.items as { id: string; status: string }[];
    expect(execution?.status).toBe('running');
    remote.letGo('/after-respond');
    await api.reaches(execution?.id ?? '', 'completed');
  });

  it('answers before a wait', async () => {
    const path = await webhook(`  - {id: say, type: respond, config: {body: early}}
  - {id: nap, type: wait, config: {duration: 1h}}`);
    expect(await send(path)).toMatchObject({ status: 200, text: 'early' });
  });

  it('answers what the first of several says, also from inside a loop', async () => {
    const path = await webhook(`  - {id: each, type: loop, config: {items: [1, 2], steps: [
      {id: say, type: respond, config: {body: "{{ item }}"}}]}}
  - {id: again, type: respond, config: {body: late}}`);
    expect(await send(path)).toMatchObject({ status: 200, text: '1' });
  });

  it('says what the step says, not what its output is mapped to', async () => {
    const path = await webhook(
      `  - {id: say, type: respond, config: {body: plain}, output_mapping: {said: "{{ output.status_code }}"}}`,
    );
    expect(await send(path)).toMatchObject({ text: 'plain' });
    const [execution] = (await api.get('/executions?limit=1')).body.items as { output: unknown }[];
    expect(execution?.output).toEqual({ said: 200 });
  });

  it('shows no secret', async () => {
    await api.call('PUT', '/secrets/respond_secret', { value: 'a long random text' });
    const path = await webhook(`  - {id: say, type: respond, config: {body: "it is {{ secrets.respond_secret }}"}}`);
    expect((await send(path)).text).toBe('it is ***');
  });

  it('answers 202 with the status, and nothing of the output, when the execution ends without a respond step', async () => {
    const path = await webhook(`  - {id: quiet, type: set, config: {values: {private: 1}}}`);
    const { status, text } = await send(path);
    expect(status).toBe(202);
    expect(JSON.parse(text)).toMatchObject({
      status: 'completed',
      duplicate: false,
      status_url: expect.any(String) as string,
    });
    expect(text).not.toContain('private');
  });

  it('answers 422 when the execution fails without a respond step', async () => {
    const path = await webhook(`  - {id: no, type: fail, config: {message: not today}}`);
    const { status, text } = await send(path);
    expect({ status, body: JSON.parse(text) as unknown }).toMatchObject({
      status: 422,
      body: { code: 'execution_failed' },
    });
  });

  it('lets a failing workflow respond in on_failure', async () => {
    const path = await webhook(`  - {id: no, type: fail, config: {message: not today}}
on_failure:
  - {id: say, type: respond, config: {status_code: 503, body: {failed: "{{ execution.error.code }}"}}}`);
    expect(await send(path)).toMatchObject({ status: 503, text: '{"failed":"failed"}' });
  });

  it('answers 202 with a status URL at its timeout', async () => {
    const path = await webhook(`  - {id: slow, type: wait, config: {duration: 1h}}`, ', timeout: 200ms');
    const { status, text } = await send(path);
    const body = JSON.parse(text) as { execution_id: string };
    expect({ status, body }).toMatchObject({
      status: 202,
      body: { duplicate: false, status_url: `/api/v1/executions/${body.execution_id}` },
    });
  });

  it("answers a duplicate with 202 and the first one's execution", async () => {
    const path = await webhook(`  - {id: say, type: respond, config: {body: hello}}`);
    const headers = { 'idempotency-key': 'once' };
    expect(await send(path, {}, headers)).toMatchObject({ status: 200, text: 'hello' });
    const second = await send(path, {}, headers);
    const first = (await api.get('/executions?limit=1')).body.items[0].id as string;
    expect({ status: second.status, body: JSON.parse(second.text) as unknown }).toMatchObject({
      status: 202,
      body: { execution_id: first, duplicate: true },
    });
  });
});

describe('a respond step', () => {
  it('in an execution that nobody awaits is a step with an output', async () => {
    const execution = await api.run(`
name: nobody asks
steps: [{id: say, type: respond, config: {headers: {X-A: 1}, body: hi}}]
`);
    expect(execution.output).toEqual({ status_code: 200, headers: { 'x-a': '1' }, body: 'hi' });
  });

  it.each([
    ['{headers: {Content-Length: 3}}', 'headers.Content-Length'],
    ['{headers: {transfer-encoding: chunked}}', 'headers.transfer-encoding'],
    ['{headers: {"bad name": x}}', 'headers.bad name'],
    ['{headers: {X-A: "a\\nSet-Cookie: b"}}', 'headers.X-A'],
    ['{headers: {X-A: 1, x-a: 2}}', 'headers.x-a'],
    ['{headers: {X-A: [1]}}', 'headers.X-A'],
    ['{status_code: 101}', 'status_code'],
  ])('with %s is refused at its place', async (config, place) => {
    const text = `name: x\nsteps: [{id: say, type: respond, config: ${config}}]`;
    const { body } = await api.call('POST', '/workflows/validate', text, { 'content-type': 'application/yaml' });
    expect(body).toMatchObject({ valid: false, errors: [{ path: `steps[0].config.${place}` }] });
  });

  it('fails when an expression puts a line break into a header', async () => {
    const execution = await api.run(
      `
name: split
steps: [{id: say, type: respond, config: {headers: {X-A: "{{ input.text }}"}}}]
`,
      { input: { text: 'a\r\nSet-Cookie: b=c' } },
    );
    expect(execution.error).toMatchObject({ code: 'config_invalid', step_path: 'say' });
  });
});

it('a response is recorded with the execution before it is sent', async () => {
  const path = await webhook(`  - {id: say, type: respond, config: {body: {n: 1}}}`);
  await send(path);
  // No `eventually`: whoever has the answer can rely on the row.
  const [row] = (await api.get('/executions?limit=1')).body.items as { id: string }[];
  const steps = (await api.get(`/executions/${row?.id ?? ''}/steps`)).body.items as {
    step_path: string;
    status: string;
  }[];
  expect(steps).toMatchObject([{ step_path: 'say', status: 'completed' }]);
  await eventually(async () => expect((await api.execution(row?.id ?? '')).status).toBe('completed'));
});
