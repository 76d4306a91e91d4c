import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { startPrivateCluster } from '../support/private-cluster.js';
import { startServer } from '../support/server.js';

const HOOK = {
  name: 'Silent',
  steps: [{ id: 'one', type: 'set', config: { values: { n: 1 } } }],
  triggers: [{ type: 'webhook', name: 'hook', config: { path: 'silent' } }],
};

it('answers 503 while PostgreSQL stands still with its connections open, and goes on when it moves again', async () => {
  const cluster = await startPrivateCluster();
  const server = await startServer({ databaseUrl: cluster.url });
  const created = await server.fetch('/api/v1/workflows', { json: { definition: HOOK } });
  const { id } = (await created.json()) as { id: string };
  expect((await server.fetch(`/api/v1/deployment/workflows/${id}/deploy`, { json: {} })).status).toBe(201);
  const call = (): Promise<Response> => fetch(`${server.url}/webhook/silent`, { method: 'POST' });
  expect((await call()).status).toBe(202);

  cluster.freeze();
  const answers = await Promise.all([call(), call(), server.fetch('/api/v1/workflows'), call()]);
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect(answers.map(({ headers }) => headers.get('retry-after')).every((after) => after !== null)).toBe(true);

  cluster.thaw();
  await eventually(async () => expect((await call()).status).toBe(202));
  expect(await server.stop()).toBe(0);
});
