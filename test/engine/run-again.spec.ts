import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { loseOwner } from '../support/lost-owner.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let server: RecordingServer;
const held: (() => void)[] = [];
beforeAll(async () => {
  app = await startApp();
  api = app.api;
  server = await startRecordingServer((_call, response) => held.push(() => response.end('{}')));
});

/** Runs into a call and loses its owner there. */
async function cutOff(name: string): Promise<{ id: string; approval: any }> {
  const before = held.length;
  const call = `{id: pay, type: http, on_interrupt: ask, config: {method: POST, url: "${server.url}/${name}"}}`;
  const id = await api.start(await api.create(`name: ${name}\nsteps: [${call}]`));
  await eventually(() => expect(held.length).toBe(before + 1));
  await loseOwner(app, id);
  // The owner that was lost hears of it with its next record.
  held[before]?.();
  await api.reaches(id, 'waiting');
  return { id, approval: (await api.get(`/approvals?execution_id=${id}`)).body.items[0] };
}

const decide = (id: string, decision: string) => api.post(`/approvals/${id}/decide`, { decision });

describe('a cut-off step with on_interrupt: ask', () => {
  it('waits for a person, and runs again with the same idempotency key when they approve', async () => {
    const { id, approval } = await cutOff('again');
    expect(step(await api.execution(id), 'pay')).toMatchObject({
      attempt: 2,
      waiting: { for: 'approval', until: null, token: null, url: null },
    });
    expect(approval).toMatchObject({
      status: 'pending',
      step_path: 'pay',
      title: expect.stringContaining('Run it again?'),
    });
    expect(server.count('/again')).toBe(1);
    await decide(approval.id, 'approve');
    await eventually(() => expect(server.count('/again')).toBe(2));
    held.at(-1)?.();
    const ended = await api.reaches(id, 'completed');
    const keys = server.calls.filter(({ url }) => url === '/again').map(({ headers }) => headers['idempotency-key']);
    expect(keys).toEqual([`${id}:pay`, `${id}:pay`]);
    expect(step(ended, 'pay').attempts).toMatchObject([{ attempt: 1, error: { code: 'interrupted' } }]);
  });

  it('fails as interrupted when they reject', async () => {
    const { id, approval } = await cutOff('never');
    await decide(approval.id, 'reject');
    expect((await api.reaches(id, 'failed')).error).toMatchObject({ code: 'interrupted', step_path: 'pay' });
    expect(server.count('/never')).toBe(1);
  });

  it('asks until somebody decides, however many owners are lost meanwhile; then cancelling closes the question', async () => {
    const { id, approval } = await cutOff('patient');
    await app.db.database.query(`UPDATE execution SET status = 'queued' WHERE id = $1`, [id]);
    await api.post(`/executions/${id}/pause`);
    await api.post(`/executions/${id}/resume`);
    await api.reaches(id, 'waiting');
    expect(server.count('/patient')).toBe(1);
    await api.post(`/executions/${id}/cancel`);
    expect((await api.get(`/approvals/${approval.id}`)).body.status).toBe('expired');
  });
});
