import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';

const DEFINITION = `name: Starts
steps: [{id: double, type: set, config: {values: {n: "{{ default(input.?n, 1) * 2 }}"}}}]
triggers:
  - {type: webhook, name: Hook, config: {path: /starts}}
  - {type: manual, name: Hand}`;

let api: Api;
let occurrence: string;
beforeAll(async () => {
  ({ api } = await startApp());
  await api.create(DEFINITION);
  await api.post('/deployment/workflows/starts/deploy');
  occurrence = (await api.post('/webhook/starts', { n: 4 })).body.occurrence_id as string;
});

const WAITING = [
  '/workflows/starts/execute',
  '/workflows/starts/run',
  '/workflows/starts/test',
  '/triggers/workflows/starts/manual',
  '/triggers/workflows/starts/webhook',
];
const bodyOf = (path: string, n: number) => (path.endsWith('/webhook') ? { n } : { input: { n } });

describe.each(WAITING)('POST %s', (path) => {
  it.each(['wait=true', 'wait=1', 'wait=true&wait_timeout=20s', 'wait=true&wait_timeout=20'])(
    'with ?%s answers with the finished execution',
    async (query) => {
      const answer = await api.post(`${path}?${query}`, bodyOf(path, 3));
      expect(answer).toMatchObject({ status: 200, body: { status: 'completed', output: { n: 6 } } });
    },
  );

  it.each(['wait=false', 'wait=0', ''])('with ?%s answers at once', async (query) => {
    expect(await api.post(`${path}?${query}`, bodyOf(path, 3))).toMatchObject({
      status: 202,
      body: { status: 'queued', duplicate: false },
    });
  });

  it.each([
    ['wait=maybe', 'wait'],
    ['wait=true&wait_timeout=soon', 'wait_timeout'],
    ['wait=true&wait_timeout=11m', 'wait_timeout'],
    ['wit=true', 'wit'],
  ])('with ?%s starts nothing and says why', async (query, at) => {
    const answer = await api.post(`${path}?${query}`, bodyOf(path, 3));
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: at }] } });
  });
});

it('the status of triggers names the workflow by its id, where there are none too', async () => {
  const id = await api.create('name: Bare\nsteps: [{id: a, type: log, config: {message: x}}]');
  expect((await api.get('/triggers/workflows/bare/status')).body).toEqual({ workflow_id: id, triggers: [] });
});

describe('one Idempotency-Key', () => {
  const STARTING = () => [...WAITING, '/webhook/starts', '/public/webhook/workflow/starts'];

  it('starts one execution by each of these routes, and shows what became of it', async () => {
    for (const path of [...STARTING(), `/occurrences/${occurrence}/replay`]) {
      const headers = { 'idempotency-key': `once ${path}` };
      const body = path.endsWith('/replay') ? undefined : bodyOf(path, 5);
      const first = await api.call('POST', path, body, headers);
      expect(first, path).toMatchObject({ status: 202, body: { duplicate: false } });
      await api.reaches(first.body.execution_id as string, 'completed');
      const again = await api.call('POST', path, body, headers);
      const { id } = first.body as { id: string };
      expect(again, path).toMatchObject({ status: 202, body: { id, duplicate: true, status: 'completed' } });
    }
  });

  it('that is too long for an index is refused, or taken by what it is made of', async () => {
    for (const path of [...STARTING(), `/occurrences/${occurrence}/replay`, '/executions/bulk/retry', '/events']) {
      const headers = { 'idempotency-key': 'x'.repeat(3_000) };
      const { status } = await api.post(path, path.endsWith('retry') ? { ids: [] } : bodyOf(path, 1), headers);
      expect(/^\/(public|webhook)/.test(path) ? [202] : [422], path).toContain(status);
    }
  });
});
