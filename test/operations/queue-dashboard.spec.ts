import { describe, expect, it } from 'vitest';
import { QUEUE_NAME } from '../../src/common/queue/execution.processor.js';
import { startApp, ADMIN_KEY, type TestApp } from '../support/app.js';
import { redisUrl, requireService } from '../support/services.js';

const BACKENDS = requireService('redis') ? ['postgres', 'redis'] : ['postgres'];

const basic = (key: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`anybody:${key}`).toString('base64')}`,
});

const get = (app: TestApp, path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${app.url}${path}`, { headers });

describe('the queue dashboard', () => {
  it('asks a browser for a key, and shows the page and its parts', async () => {
    const app = await startApp();
    const refused = await get(app, '/queues');
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Basic /);
    expect((await get(app, '/queues', basic('mr_wrong'))).headers.get('www-authenticate')).toMatch(/^Basic /);
    expect((await get(app, '/queues/api/queues')).status).toBe(401);
    const page = await get(app, '/queues', basic(ADMIN_KEY));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    const [, script = ''] = /src="([^"]+\.js)"/.exec(html) ?? [];
    const url = new URL(script, `${app.url}/queues/`).pathname;
    expect(url).toMatch(/^\/queues\/static\//);
    const loaded = await get(app, url, basic(ADMIN_KEY));
    expect(loaded.headers.get('content-type')).toContain('javascript');
    expect((await loaded.text()).length).toBeGreaterThan(1_000);
    expect((await get(app, '/queues', { authorization: `Bearer ${ADMIN_KEY}` })).status).toBe(200);
    await app.close();
  });

  it.each(BACKENDS)('shows the queue on %s, read-only', async (backend) => {
    const app = await startApp({ ROLES: 'api', ...(backend === 'redis' && { REDIS_URL: await redisUrl() }) });
    const id = await app.api.create('name: queued\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]');
    await app.api.post(`/workflows/${id}/execute`);
    const answer = await get(app, '/queues/api/queues', { 'x-api-key': ADMIN_KEY });
    const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    expect(queues).toMatchObject([{ name: QUEUE_NAME, readOnlyMode: true }]);
    const write = await fetch(`${app.url}/queues/api/queues/${QUEUE_NAME}/pause`, {
      method: 'PUT',
      headers: { 'x-api-key': ADMIN_KEY },
    });
    expect(write.status).toBe(405);
    await app.close();
  });

  it('takes the password of a browser on its own pages only, and no key where METRICS_PUBLIC is true', async () => {
    const app = await startApp({ METRICS_PUBLIC: 'true' });
    expect((await get(app, '/queues')).status).toBe(200);
    const api = await get(app, '/api/v1/workflows', basic(ADMIN_KEY));
    expect(api.status).toBe(401);
    expect(api.headers.get('www-authenticate')).not.toMatch(/^Basic/);
  });
});
