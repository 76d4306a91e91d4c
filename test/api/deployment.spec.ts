import { beforeAll, describe, expect, it } from 'vitest';
import type { Api, Answer } from '../support/api.js';
import { startApp } from '../support/app.js';

let api: Api;
beforeAll(async () => {
  ({ api } = await startApp());
});

let count = 0;
const create = () =>
  api.create(`name: Deployed ${(count += 1)}
steps: [{id: a, type: log, config: {message: x}}]
triggers: [{type: manual, name: Hand}]`);
const etagOf = async (id: string) => (await api.get(`/workflows/${id}`)).headers.get('etag') ?? '';
const deploy = (id: string, etag: string, method = 'POST'): Promise<Answer> =>
  api.call(method, `/deployment/workflows/${id}/deploy`, {}, { 'if-match': etag });
const undeploy = (id: string, headers: Record<string, string> = {}): Promise<Answer> =>
  api.call('DELETE', `/deployment/workflows/${id}/undeploy`, undefined, headers);

describe('a deployment with If-Match', () => {
  it.each(['POST', 'PUT'])(
    'by %s goes through with the current ETag, and is refused with an older one',
    async (method) => {
      const id = await create();
      const seen = await etagOf(id);
      await api.call('PATCH', `/workflows/${id}`, { description: 'somebody else' });
      const late = await deploy(id, seen, method);
      expect(late).toMatchObject({ status: 412, body: { code: 'revision_mismatch' } });
      expect(late.headers.get('etag')).toBe(await etagOf(id));
      expect((await api.get(`/deployment/workflows/${id}/history`)).body.items).toEqual([]);
      expect((await deploy(id, await etagOf(id), method)).status).toBe(201);
    },
  );

  it('is taken back only by who has seen the workflow as it is', async () => {
    const id = await create();
    const seen = await etagOf(id);
    expect((await deploy(id, seen)).status).toBe(201);
    expect(await undeploy(id, { 'if-match': seen })).toMatchObject({ status: 412 });
    expect((await api.get(`/deployment/workflows/${id}/status`)).body.status).toBe('deployed');
    expect((await undeploy(id, { 'if-match': await etagOf(id) })).status).toBe(200);
  });

  it('of two at the same time with one ETag, one goes through', async () => {
    const id = await create();
    const etag = await etagOf(id);
    const answers = await Promise.all([deploy(id, etag), deploy(id, etag), deploy(id, etag)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
  });
});

describe('undeploying', () => {
  const statusOf = async (id: string) => (await api.get(`/workflows/${id}`)).body.status as string;

  it('makes an active workflow a draft again; a paused one stays paused', async () => {
    const id = await create();
    await api.post(`/deployment/workflows/${id}/deploy`);
    expect(await statusOf(id)).toBe('active');
    expect((await undeploy(id)).body).toMatchObject({ workflow_id: id, status: 'undeployed' });
    expect(await statusOf(id)).toBe('draft');
    await api.post(`/deployment/workflows/${id}/deploy`);
    await api.post(`/workflows/${id}/pause`);
    await undeploy(id);
    expect(await statusOf(id)).toBe('paused');
  });

  it('of what is not deployed is refused with 409, and changes nothing', async () => {
    const id = await create();
    await api.post(`/workflows/${id}/activate`);
    expect(await undeploy(id)).toMatchObject({ status: 409 });
    expect(await statusOf(id)).toBe('active');
  });
});
