import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/common/ids.js';
import { Reaper } from '../../src/engine/maintenance/reaper.js';
import type { Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { redisUrl, requireService } from '../support/services.js';

let server: RecordingServer;
/** Executions that are held in their only step, oldest first. */
let held: { finish: () => void }[] = [];

beforeAll(async () => {
  server = await startRecordingServer((_call, response) => {
    held.push({ finish: () => void response.end('{}') });
  });
});

beforeEach(() => {
  held = [];
});

interface Occurrence {
  outcome: string;
  scheduled_for: string;
  reason: { code: string; detail: string } | null;
  execution_id: string | null;
}

const BACKENDS = [
  ['PostgreSQL alone', async () => Promise.resolve({})],
  ['Redis', async () => ({ REDIS_URL: await redisUrl() })],
] as const;
const [POSTGRES] = BACKENDS;

describe.each(requireService('redis') ? BACKENDS : [POSTGRES])('on %s', (backend, env) => {
  let one: TestApp;
  let two: TestApp;
  let api: Api;
  let workflow = '';
  let trigger = '';

  beforeAll(async () => {
    one = await startApp(await env());
    two = await startApp(await env(), one.db);
    api = one.api;
  });

  async function deployed(overlap: string, cron = '* * * * * *'): Promise<void> {
    workflow = await api.create(`
name: ${overlap} ${backend}
steps: [{id: hold, type: http, config: {method: POST, url: "${server.url}/${overlap}"}}]
triggers: [{type: cron, name: each, config: {cron: "${cron}", overlap: ${overlap}}}]`);
    const answer = await api.post(`/deployment/workflows/${workflow}/deploy`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    trigger = answer.body.triggers[0].id;
  }

  const undeploy = () => api.call('DELETE', `/deployment/workflows/${workflow}/undeploy`);
  /** Oldest instant first. */
  async function ledger(): Promise<Occurrence[]> {
    const { body } = await two.api.get(`/triggers/${trigger}/occurrences?limit=200`);
    return (body.items as Occurrence[]).toSorted((a, b) => a.scheduled_for.localeCompare(b.scheduled_for));
  }
  const open = async (): Promise<string[]> =>
    (
      await one.db.database.query<{ id: string }>(`SELECT id FROM execution WHERE is_open AND trigger_id = $1`, [
        trigger,
      ])
    ).map(({ id }) => id);
  async function buffered(): Promise<number[]> {
    const rows = await one.db.database.query<{ buffered: number[] | null }>(
      `SELECT payload->'buffered' AS buffered FROM timer WHERE subject_id = $1`,
      [trigger],
    );
    return rows[0]?.buffered ?? [];
  }
  /** Lets the running one go, and waits until the next one runs. */
  async function finishOne(): Promise<void> {
    const running = await open();
    expect(running).toHaveLength(1);
    held.shift()?.finish();
    await eventually(async () => {
      expect(await open()).not.toEqual(running);
      expect(held).toHaveLength(1);
    });
  }
  const instants = (occurrences: readonly Occurrence[]) => occurrences.map((one) => Date.parse(one.scheduled_for));
  const noHole = (occurrences: readonly Occurrence[]): void => {
    const ats = instants(occurrences);
    expect(ats.slice(1).map((at, index) => at - (ats[index] ?? 0))).toEqual(ats.slice(1).map(() => 1000));
  };

  it('buffer_one fires one instant after the other has ended, and skips those between', async () => {
    await deployed('buffer_one');
    await eventually(async () =>
      expect((await ledger()).filter(({ outcome }) => outcome === 'skipped').length).toBeGreaterThanOrEqual(2),
    );
    const [waiting] = await buffered();
    expect(await open()).toHaveLength(1);
    await finishOne();
    const late = (await ledger()).find((one) => Date.parse(one.scheduled_for) === waiting);
    expect(late).toMatchObject({ outcome: 'fired', reason: { code: 'overlap' } });
    await undeploy();
    const all = await ledger();
    noHole(all);
    expect(all.filter(({ outcome }) => outcome === 'fired')).toHaveLength(2);
    for (const one of all.filter(({ outcome }) => outcome === 'skipped')) expect(one.reason?.code).toBe('overlap');
    for (const { finish } of held) finish();
  });

  it('buffer_all fires every instant, one at a time and in order; the next instant stays in view', async () => {
    await deployed('buffer_all');
    await eventually(async () => expect((await buffered()).length).toBeGreaterThanOrEqual(2));
    const first = await buffered();
    const { body } = await api.get(`/triggers/${trigger}`);
    expect(Date.parse(body.next_due) % 1000).toBe(0);
    for (let n = 0; n < 3; n++) await finishOne();
    const fired = (await ledger()).filter(({ outcome }) => outcome === 'fired');
    expect(fired).toHaveLength(4);
    expect(instants(fired).slice(1, 3)).toEqual(first.slice(0, 2));
    const byStart = fired.toSorted((a, b) => (a.execution_id ?? '').localeCompare(b.execution_id ?? ''));
    expect(instants(byStart)).toEqual(instants(fired));
    await undeploy();
    noHole(await ledger());
    for (const { finish } of held) finish();
  });

  it('instants go on waiting through the crash of who runs the execution', async () => {
    await deployed('buffer_all');
    await eventually(async () => expect((await buffered()).length).toBeGreaterThanOrEqual(1));
    const [cut = ''] = await open();
    await one.db.database.query('UPDATE execution SET owner = $2 WHERE id = $1', [cut, newId()]);
    await one.db.database.query(
      `INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
       SELECT owner, 'gone', 1, 'x', '{worker}'::text[], now() - interval '1 second' FROM execution WHERE id = $1`,
      [cut],
    );
    await one.app.get(Reaper).reap();
    await eventually(() => expect(held).toHaveLength(2));
    expect(await open()).toEqual([cut]);
    held.splice(0, 1);
    await finishOne();
    await undeploy();
    noHole(await ledger());
    for (const { finish } of held) finish();
  });

  it('cancel_other cancels the running one and fires the newest instant', async () => {
    await deployed('cancel_other');
    await eventually(async () => {
      const fired = (await ledger()).filter(({ outcome }) => outcome === 'fired');
      expect(fired.length).toBeGreaterThanOrEqual(3);
    });
    // No further instant takes the place of the newest.
    await api.call('PUT', `/triggers/${trigger}`, { config: { cron: '0 0 1 1 *', overlap: 'cancel_other' } });
    await eventually(async () => expect(await buffered()).toEqual([]));
    const all = await ledger();
    noHole(all);
    const [first, second] = all.filter(({ outcome }) => outcome === 'fired');
    expect([first?.reason, second?.reason?.code]).toEqual([null, 'overlap']);
    await api.reaches(first?.execution_id ?? '', 'cancelled');
    const last = all.at(-1);
    expect(last?.outcome).toBe('fired');
    expect(await open()).toEqual([last?.execution_id]);
    await undeploy();
    for (const { finish } of held) finish();
  });

  it('an instant that still waits when the trigger goes out of force is in the ledger', async () => {
    await deployed('buffer_all');
    await eventually(async () => expect((await buffered()).length).toBeGreaterThanOrEqual(2));
    await undeploy();
    const skipped = (await ledger()).filter(({ outcome }) => outcome === 'skipped');
    expect(skipped.length).toBeGreaterThanOrEqual(2);
    expect(skipped[0]?.reason).toEqual({
      code: 'overlap',
      detail: 'the trigger went out of force while it waited',
    });
    for (const { finish } of held) finish();
  });

  it('an edit waits for who works on the schedule, and keeps the instants that it leaves', async () => {
    await deployed('buffer_all', '0 0 1 1 *');
    const { database } = one.db;
    const waits = Date.parse('2026-01-02T03:04:05Z');
    let edit: Promise<unknown> = Promise.resolve();
    // What the scheduler does when it comes by.
    await database.transaction(async (client) => {
      await client.query('DELETE FROM timer WHERE subject_id = $1', [trigger]);
      edit = api.call('PUT', `/triggers/${trigger}`, { config: { cron: '0 0 2 1 *', overlap: 'buffer_all' } });
      await eventually(async () => {
        const blocked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect((await database.query(blocked)).length).toBeGreaterThan(0);
      });
      await client.query(
        `INSERT INTO timer (id, kind, subject_id, key, due_at, payload)
         VALUES ($1, 'trigger', $2, '', now() + interval '1 hour', $3)`,
        [newId(), trigger, JSON.stringify({ instant: Date.parse('2999-01-01T00:00:00Z'), buffered: [waits] })],
      );
    });
    await edit;
    await eventually(async () =>
      expect(instants((await ledger()).filter(({ outcome }) => outcome === 'fired'))).toEqual([waits]),
    );
    // Its call may come later than its row, and must not be taken for one of the next test.
    await eventually(() => expect(held).toHaveLength(1));
    await undeploy();
    for (const { finish } of held) finish();
  });

  it('an edit keeps the instants that wait', async () => {
    await deployed('buffer_all');
    await eventually(async () => expect((await buffered()).length).toBeGreaterThanOrEqual(2));
    await api.call('PUT', `/triggers/${trigger}`, { config: { cron: '0 0 1 1 *', overlap: 'buffer_all' } });
    const waiting = await buffered();
    expect(waiting.length).toBeGreaterThanOrEqual(2);
    for (let left = waiting.length; left > 0; left--) await finishOne();
    await eventually(async () => expect(await buffered()).toEqual([]));
    const fired = (await ledger()).filter(({ outcome }) => outcome === 'fired');
    expect(instants(fired).slice(1)).toEqual(waiting);
    await undeploy();
    for (const { finish } of held) finish();
  });
});
