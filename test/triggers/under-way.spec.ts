import { request } from 'node:http';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { WebhookIngress } from '../../src/triggers/ingress/webhook-ingress.service.js';
import { TriggerHost } from '../../src/triggers/trigger.contract.js';
import type { Api, Answer } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { MAIL_PASSWORD, startDovecot } from '../support/dovecot.js';
import { eventually } from '../support/eventually.js';
import { signed } from '../support/fake-github.js';
import { holdInserts, type HeldInserts } from '../support/held-inserts.js';
import { fireTimers } from '../support/pass-time.js';
import { startRecordingServer } from '../support/recording-server.js';
import { requireService } from '../support/services.js';

let app: TestApp;
let api: Api;
beforeAll(async () => {
  app = await startApp();
  api = app.api;
});

interface Deployed {
  readonly workflow: string;
  readonly trigger: string;
}

let made = 0;
async function deploy(trigger: object, on: Api = api): Promise<Deployed> {
  const workflow = await on.create(
    JSON.stringify({
      name: `under way ${(made += 1)}`,
      steps: [{ id: 'a', type: 'set', config: { values: {} } }],
      triggers: [trigger],
    }),
  );
  const { status, body } = await on.post(`/deployment/workflows/${workflow}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return { workflow, trigger: body.triggers[0].id as string };
}

const started = async (trigger: string, on: TestApp = app): Promise<number> =>
  (await on.db.database.query('SELECT FROM execution WHERE trigger_id = $1', [trigger])).length;
const undeploy = ({ workflow }: Deployed, on: Api = api): Promise<Answer> =>
  on.call('DELETE', `/deployment/workflows/${workflow}/undeploy`);

/** Somebody is about to commit what the trigger starts: `end` must wait for it, or keep it from committing. */
async function endedWhile(
  held: HeldInserts,
  trigger: string,
  end: () => Promise<Answer>,
  on: TestApp = app,
): Promise<void> {
  const standing = await held.reached();
  let startedAtAnswer: number | null = null;
  const answered = end().then(async (answer) => {
    startedAtAnswer = await started(trigger, on);
    return answer;
  });
  await eventually(async () => expect(startedAtAnswer !== null || (await standing.isWaitedFor())).toBe(true));
  await held.release();
  expect((await answered).status).toBe(200);
  await standing.over();
  expect(await started(trigger, on)).toBe(startedAtAnswer);
}

describe('what is under way when a trigger is taken out of force', () => {
  it.each([
    ['undeploy', undeploy],
    ['pausing the trigger', ({ trigger }: Deployed) => api.post(`/triggers/${trigger}/pause`, { reason: 'no more' })],
    ['pausing the workflow', ({ workflow }: Deployed) => api.post(`/workflows/${workflow}/pause`)],
    ['archiving the workflow', ({ workflow }: Deployed) => api.post(`/workflows/${workflow}/archive`)],
    ['an edit', ({ trigger }: Deployed) => api.call('PUT', `/triggers/${trigger}`, { filter: 'false' })],
    ['another version', ({ workflow }: Deployed) => api.post(`/deployment/workflows/${workflow}/deploy`)],
  ])('a schedule starts nothing after the answer of %s', async (_name, end) => {
    const deployed = await deploy({ type: 'cron', config: { cron: '0 0 1 1 *' } });
    const held = await holdInserts(app.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
    await fireTimers(app.db.database, deployed.trigger);
    await endedWhile(held, deployed.trigger, () => end(deployed));
    expect(await started(deployed.trigger)).toBe(1);
  });

  it('a backfill starts nothing after the answer of undeploy', async () => {
    const deployed = await deploy({ type: 'cron', config: { cron: '0 0 * * *' } });
    const held = await holdInserts(app.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z', max_active: 1 };
    expect((await api.post(`/triggers/${deployed.trigger}/backfill`, range)).status).toBeLessThan(300);
    await endedWhile(held, deployed.trigger, () => undeploy(deployed));
    expect(await app.db.database.query('SELECT FROM timer WHERE subject_id = $1', [deployed.trigger])).toEqual([]);
  });

  it('an event that is being delivered starts nothing after the answer of undeploy', async () => {
    const deployed = await deploy({ type: 'event', config: { types: ['under.way'] } });
    const held = await holdInserts(app.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
    await api.post('/events', { specversion: '1.0', id: '1', source: '/test', type: 'under.way' });
    await endedWhile(held, deployed.trigger, () => undeploy(deployed));
  });

  it('an event that is being delivered starts nothing after the answer of a pause', async () => {
    const deployed = await deploy({ type: 'event', config: { types: ['under.pause'] } });
    const held = await holdInserts(app.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
    await api.post('/events', { specversion: '1.0', id: '2', source: '/test', type: 'under.pause' });
    await endedWhile(held, deployed.trigger, () => api.post(`/triggers/${deployed.trigger}/pause`));
  });

  it('gathered events that are due do not lock out who undeploys', async () => {
    const definition = {
      name: 'two that gather',
      steps: [{ id: 'a', type: 'set', config: { values: {} } }],
      triggers: ['one', 'two'].map((name) => ({
        type: 'event',
        name,
        config: { types: [`gathered.${name}`], debounce: '1h' },
      })),
    };
    const workflow = await api.create(JSON.stringify(definition));
    const { body } = await api.post(`/deployment/workflows/${workflow}/deploy`);
    const [first = '', last = ''] = (body.triggers as { id: string; name: string }[]).map(({ id }) => id).toSorted();
    await api.post('/events', { specversion: '1.0', id: '3', source: '/test', type: 'gathered.one' });
    await api.post('/events', { specversion: '1.0', id: '4', source: '/test', type: 'gathered.two' });
    const dueIn = async (id: string): Promise<number[]> =>
      (
        await app.db.database.query<{ ms: number }>(
          'SELECT extract(epoch FROM due_at - now())::float8 * 1000 AS ms FROM timer WHERE subject_id = $1',
          [id],
        )
      ).map(({ ms }) => ms);
    await eventually(async () => expect([await dueIn(first), await dueIn(last)].flat()).toHaveLength(2));
    const other = await app.db.database.pool.connect();
    try {
      // Whoever undeploys has the first trigger and waits for the last one.
      await other.query('BEGIN');
      await other.query('SELECT FROM trigger WHERE id = $1 FOR UPDATE', [last]);
      const {
        rows: [{ pid } = { pid: 0 }],
      } = await other.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const blockedBy = async (by: number, since = '0 seconds'): Promise<number[]> =>
        (
          await app.db.database.query<{ pid: number }>(
            `SELECT pid FROM pg_locks
             WHERE NOT granted AND $1 = ANY(pg_blocking_pids(pid)) AND waitstart <= now() - $2::interval`,
            [by, since],
          )
        ).map((row) => row.pid);
      const answered = undeploy({ workflow, trigger: first });
      const undeployer = await eventually(async () => {
        const [waiter] = await blockedBy(pid);
        expect(waiter).toBeDefined();
        return waiter ?? 0;
      });
      await fireTimers(app.db.database, first);
      // The gathered events either wait for the undeployer, so long that it is the undeployer who finds the two locked out, or
      // have put their timer back.
      await eventually(async () => {
        const isBlocked = (await blockedBy(undeployer, '1500 milliseconds')).length > 0;
        const [ms = 0] = await dueIn(first);
        expect(isBlocked || ms > 0).toBe(true);
      });
      await other.query('COMMIT');
      expect((await answered).status).toBe(200);
      expect(await started(first)).toBe(0);
    } finally {
      other.release();
    }
  });

  it.each([
    ['undeployed', undeploy],
    ['paused', ({ trigger }: Deployed) => api.post(`/triggers/${trigger}/pause`)],
  ])('a condition that is being looked at when it is %s does not fire', async (_name, end) => {
    const answers: (() => void)[] = [];
    let stock = 5;
    const polled = await startRecordingServer((_call, response) => {
      const send = (): unknown =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ stock }));
      if (stock > 0) send();
      else answers.push(() => void send());
    });
    const config = { expression: 'http.body.stock < 1', http: { url: `${polled.url}/` }, interval: '1h' };
    const deployed = await deploy({ type: 'condition', config });
    const view = async (): Promise<any> => (await api.get(`/triggers/${deployed.trigger}`)).body;
    await eventually(async () => expect((await view()).state.result).toBe('false'));
    const held = await holdInserts(app.db, 'timer', `NEW.subject_id = '${deployed.trigger}'`);
    stock = 0;
    await fireTimers(app.db.database, deployed.trigger);
    const standing = await held.reached();
    let isAnswered = false;
    const answered = end(deployed).finally(() => (isAnswered = true));
    await eventually(async () => expect(isAnswered || (await standing.isWaitedFor())).toBe(true));
    await held.release();
    expect((await answered).status).toBe(200);
    const records = vi.spyOn(app.app.get(TriggerHost), 'transaction');
    await eventually(() => expect(answers.length).toBeGreaterThan(0));
    for (const answer of answers.splice(0)) answer();
    await eventually(() => expect(records).toHaveBeenCalled());
    await Promise.allSettled(records.mock.results.map(({ value }) => value as Promise<unknown>));
    expect(await started(deployed.trigger)).toBe(0);
    for (const answer of answers) answer();
    records.mockRestore();
  });

  it('a delivery whose body is on the way when its webhook is undeployed finds nothing there', async () => {
    const deployed = await deploy({ type: 'webhook', config: { path: '/on-the-way' } });
    const sent = request(`${app.url}/webhook/on-the-way`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 7 },
    });
    const status = new Promise<number | undefined>((resolve, reject) => {
      sent.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
    });
    const ingress = app.app.get(WebhookIngress);
    const found = vi.spyOn(ingress, 'byPath');
    sent.write('{"a"');
    await eventually(() => expect(found).toHaveBeenCalled());
    await found.mock.results[0]?.value;
    found.mockRestore();
    expect((await undeploy(deployed)).status).toBe(200);
    sent.end(':1}');
    expect(await status).toBe(404);
    expect(await started(deployed.trigger)).toBe(0);
  });

  it('a delivery of GitHub that is being recorded starts nothing after the answer of undeploy', async () => {
    const secret = 'the secret of the app';
    const github = await startApp({ GITHUB_WEBHOOK_SECRET: secret });
    const deployed = await deploy({ type: 'github', config: { events: ['push'] } }, github.api);
    const held = await holdInserts(github.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
    const body = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' }, commits: [] });
    const headers = { 'x-github-event': 'push', 'x-github-delivery': '1', 'x-hub-signature-256': signed(body, secret) };
    const answered = github.api.call('POST', '/public/webhooks/github', body, {
      'content-type': 'application/json',
      ...headers,
    });
    await endedWhile(held, deployed.trigger, () => undeploy(deployed, github.api), github);
    const results = (await answered).body.results as { execution_id: string | null }[];
    const accepted = results.filter((result) => result.execution_id !== null);
    expect(accepted).toHaveLength(await started(deployed.trigger, github));
  });

  describe.runIf(requireService('dovecot'))('mails', () => {
    it('that are being recorded start nothing after the answer of undeploy', async () => {
      const dovecot = await startDovecot();
      const env = { IMAP_SERVER: '127.0.0.1', IMAP_PORT: String(dovecot.port), EMAIL_USER: 'box' };
      const mails = await startApp({ ...env, EMAIL_PASSWORD: MAIL_PASSWORD, EMAIL_CHECK_INTERVAL: '1s' });
      const deployed = await deploy({ type: 'email', config: {} }, mails.api);
      // The mailbox stays open for it.
      const other = await deploy({ type: 'email', config: {} }, mails.api);
      const held = await holdInserts(mails.db, 'execution', `NEW.trigger_id = '${deployed.trigger}'`);
      await dovecot.deliver('box', [
        'Message-ID: <1@example.com>\r\nFrom: a@example.com\r\nSubject: x\r\n\r\nhello\r\n',
      ]);
      await endedWhile(held, deployed.trigger, () => undeploy(deployed, mails.api), mails);
      await eventually(async () => expect(await started(other.trigger, mails)).toBe(1));
    });
  });
});
