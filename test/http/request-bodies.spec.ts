import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { ADMIN_KEY, startApp } from '../support/app.js';

const WORKFLOW = 'name: bodies\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]';

const SIZE = 20_000_000;

let api: Api;
let url: string;
beforeAll(async () => {
  ({ api, url } = await startApp());
  await api.create(WORKFLOW);
  await api.create(`${WORKFLOW.replace('bodies', 'uploads')}\ntriggers: [{type: webhook, config: {path: /uploads}}]`);
  await api.post('/deployment/workflows/uploads/deploy');
});

function inChunks(): ReadableStream<Uint8Array> {
  const chunk = new Uint8Array(100_000).fill(120);
  let left = SIZE / chunk.length;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(chunk);
      else controller.close();
    },
  });
}

describe('the whole application', () => {
  it.each([
    ['{"name":', 'application/json', 400, 'body_unreadable'],
    ['name=bodies', 'application/x-www-form-urlencoded', 415, 'media_type_unsupported'],
    [WORKFLOW, 'text/plain', 415, 'media_type_unsupported'],
  ])('answers %j as %s with a problem', async (body, type, status, code) => {
    const answer = await api.call('POST', '/workflows', body, { 'content-type': type });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer).toMatchObject({ status, body: { status, code } });
  });

  it.each([
    [{ mode: 'sometimes' }, 'mode'],
    [{ version: 'two' }, 'version'],
    [{ verison: 1 }, 'verison'],
  ])('refuses to deploy with %j', async (body, path) => {
    const answer = await api.post('/deployment/workflows/bodies/deploy', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it.each([
    ['/api/v1/workflows', 'with its length', 413],
    ['/api/v1/workflows', 'in chunks', 413],
    ['/webhook/uploads', 'with its length', 413],
    ['/webhook/uploads', 'in chunks', 413],
    ['/webhook/nowhere', 'in chunks', 404],
  ])('answers a client that sends 20 MB to %s %s, and does not reset its connection', async (path, how, status) => {
    const headers = { 'content-type': 'application/json', 'x-api-key': ADMIN_KEY };
    // Several times: where it is reset, some of them have the answer by then.
    for (let time = 0; time < 3; time++) {
      const body = how === 'in chunks' ? { body: inChunks(), duplex: 'half' as const } : { body: 'x'.repeat(SIZE) };
      const answer = await fetch(url + path, { method: 'POST', headers, ...body });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ status });
    }
  });

  it('deploys without a body', async () => {
    expect((await api.call('POST', '/deployment/workflows/bodies/deploy')).status).toBe(201);
  });
});
