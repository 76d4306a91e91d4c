import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { eventually } from '../support/eventually.js';
import { createTestDatabase } from '../support/test-database.js';
import { planned, startTriggerApp, type Answer, type TriggerApp } from '../support/trigger-app.js';

vi.mock('../../src/engine/engine.module.js', () => ({ EngineModule: class EngineModule {} }));

let one: TriggerApp;
let two: TriggerApp;

beforeAll(async () => {
  const database = await createTestDatabase();
  one = await startTriggerApp(database);
  two = await startTriggerApp(database, {}, one.workflows);
});

let count = 0;
async function deployed(
  ...triggers: Parameters<TriggerApp['workflows']['create']>[1]
): Promise<{ id: string; answer: Answer; trigger: string }> {
  const id = await one.workflows.create(`w${(count += 1)}`, triggers);
  const answer = await one.request('POST', `/deployment/workflows/${id}/deploy`, {});
  const trigger = (answer.body['triggers'] as { id: string }[] | undefined)?.[0]?.id ?? '';
  return { id, answer, trigger };
}

const executionsOf = (workflowId: string) =>
  one.database.query<{ id: string; input: unknown; version: number }>(
    `SELECT id, input, version FROM execution WHERE workflow_id = $1 ORDER BY id`,
    [workflowId],
  );

async function occurrencesOf(trigger: string, query = ''): Promise<Record<string, unknown>[]> {
  const { body } = await one.request('GET', `/triggers/${trigger}/occurrences${query}`);
  return body['items'] as Record<string, unknown>[];
}

describe('a deployment', () => {
  it('answers 201 first and 200 later, and makes the workflow active', async () => {
    const { id, answer } = await deployed(planned('manual', {}));
    expect(answer).toMatchObject({
      status: 201,
      body: { version: 1, status: 'deployed', warnings: [], triggers: [{ is_armed: true }] },
    });
    expect(await one.request('PUT', `/deployment/workflows/${id}/deploy`, {})).toMatchObject({ status: 200 });
    expect(await one.workflows.get(id)).toMatchObject({ status: 'active', deployedVersion: 1 });
    const { body } = await one.request('GET', `/deployment/workflows/${id}/history`);
    expect((body['items'] as { status: string }[]).map(({ status }) => status)).toEqual(['deployed', 'undeployed']);
  });

  it('with faults in its triggers is refused with all of them, and nothing is in force', async () => {
    const { id, answer } = await deployed(
      planned('cron', { cron: '99 * * * *' }),
      planned('webhook', { auth: { type: 'github' } }, { filter: 'trigger.' }),
    );
    expect(answer.status).toBe(422);
    expect((answer.body['errors'] as { path: string }[]).map(({ path }) => path)).toEqual([
      'triggers[0].config.cron',
      'triggers[1].config.auth.secret',
      'triggers[1].filter',
    ]);
    expect(await one.request('GET', `/deployment/workflows/${id}/status`)).toMatchObject({
      body: { status: 'undeployed' },
    });
  });

  it('keeps a trigger by its name, with its id, its ledger and its cursor', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '0 0 1 1 *' }));
    const timer = () => one.database.query(`SELECT id, due_at FROM timer WHERE subject_id = $1`, [trigger]);
    const before = await timer();
    expect(before).toHaveLength(1);
    await one.workflows.addVersion(id, [planned('cron', { cron: '0 0 1 1 *' }), planned('manual', {})]);
    const again = await one.request('POST', `/deployment/workflows/${id}/deploy`, { version: 2 });
    expect((again.body['triggers'] as { id: string }[]).map((t) => t.id)).toContain(trigger);
    expect(await timer()).toEqual(before);
    await one.workflows.addVersion(id, []);
    await one.request('POST', `/deployment/workflows/${id}/deploy`, {});
    expect(await timer()).toEqual([]);
    expect(await one.request('GET', `/triggers/${trigger}`)).toMatchObject({ body: { is_armed: false } });
  });

  it('in notification mode without a mail server is refused', async () => {
    const id = await one.workflows.create('quiet', [planned('manual', {})]);
    const answer = await one.request('POST', `/deployment/workflows/${id}/deploy`, { mode: 'notify' });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ code: 'notify_unavailable' }] } });
  });

  it('warns of clock changes within 12 months', async () => {
    const { answer } = await deployed(planned('cron', { cron: '30 2 * * *', timezone: 'America/New_York' }));
    expect(answer.body['warnings']).toMatchObject([{ code: 'dst_gap', trigger: 'cron' }]);
  });

  it('warns of secrets that are not there, of triggers and of steps', async () => {
    const auth = { type: 'bearer', token: '{{ secrets.missing_token }}' };
    const { answer } = await deployed(planned('webhook', { path: '/unset', auth }));
    expect(answer.body['warnings']).toMatchObject([
      { code: 'secret_missing', message: expect.stringContaining('"missing_token"') as string, trigger: null },
    ]);
  });

  it('that is withdrawn disarms its triggers', async () => {
    const { id } = await deployed(planned('webhook', { path: '/gone' }));
    expect(await one.request('DELETE', `/deployment/workflows/${id}/undeploy`)).toMatchObject({ status: 200 });
    expect(await one.request('POST', '/webhook/gone', {})).toMatchObject({ status: 404 });
    expect(await one.request('DELETE', `/deployment/workflows/${id}/undeploy`)).toMatchObject({ status: 409 });
  });
});

describe('cron', () => {
  it('fires each second exactly once with two replicas', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '* * * * * *' }));
    await eventually(async () => expect((await occurrencesOf(trigger)).length).toBeGreaterThanOrEqual(4));
    await one.request('DELETE', `/deployment/workflows/${id}/undeploy`);
    const seconds = (await occurrencesOf(trigger)).map((row) => Date.parse(String(row['scheduled_for']))).reverse();
    expect(seconds).toEqual(seconds.map((_second, index) => (seconds[0] ?? 0) + index * 1000));
    expect(await executionsOf(id)).toHaveLength(seconds.length);
  });

  it('works off what passed while nothing ran, each instant with its row', async () => {
    const { id, trigger } = await deployed(
      planned('cron', { cron: '0 * * * *', misfire: 'fire_once', misfire_grace: '1s' }),
    );
    const cursor = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 4 * 3_600_000;
    await one.database.query(`UPDATE timer SET due_at = $2, payload = $3 WHERE subject_id = $1`, [
      trigger,
      new Date(cursor),
      JSON.stringify({ instant: cursor }),
    ]);
    await one.database.query(`SELECT pg_notify('millrace', '{}')`);
    await eventually(async () => expect(await occurrencesOf(trigger)).toHaveLength(5));
    const outcomes = (await occurrencesOf(trigger)).map((row) => row['outcome']).reverse();
    expect(outcomes).toEqual(['skipped', 'skipped', 'skipped', 'skipped', 'fired']);
    expect(await executionsOf(id)).toHaveLength(1);
  });

  it('while paused records its instants as skipped', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '* * * * * *' }));
    await one.request('POST', `/triggers/${trigger}/pause`, { reason: 'maintenance' });
    const before = (await executionsOf(id)).length;
    await eventually(async () =>
      expect((await occurrencesOf(trigger, '?outcome=skipped')).length).toBeGreaterThanOrEqual(2),
    );
    expect(await executionsOf(id)).toHaveLength(before);
    expect((await occurrencesOf(trigger, '?outcome=skipped'))[0]).toMatchObject({
      reason: { code: 'paused', detail: 'maintenance' },
    });
    await one.request('POST', `/triggers/${trigger}/resume`);
    await eventually(async () => expect((await executionsOf(id)).length).toBeGreaterThan(before));
    await one.request('DELETE', `/deployment/workflows/${id}/undeploy`);
  });

  it('with overlap skip does not start beside an open execution', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '* * * * * *', overlap: 'skip' }));
    await eventually(async () =>
      expect((await occurrencesOf(trigger, '?outcome=skipped')).length).toBeGreaterThanOrEqual(2),
    );
    await one.request('DELETE', `/deployment/workflows/${id}/undeploy`);
    expect(await executionsOf(id)).toHaveLength(1);
  });

  it('previews its instants and backfills a range once', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '0 0 * * *' }));
    expect(await one.request('GET', `/triggers/${trigger}/preview?count=3`)).toMatchObject({
      body: { items: [{ note: null }, {}, {}] },
    });
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-03T00:00:00Z' };
    expect(await one.request('POST', `/triggers/${trigger}/backfill`, { ...range, dry_run: true })).toMatchObject({
      status: 202,
      body: { count: 3 },
    });
    expect(await executionsOf(id)).toHaveLength(0);
    await one.request('POST', `/triggers/${trigger}/backfill`, range);
    await eventually(async () => expect(await executionsOf(id)).toHaveLength(3));
    await one.request('POST', `/triggers/${trigger}/backfill`, range);
    await eventually(async () => expect(await occurrencesOf(trigger, '?outcome=duplicate')).toHaveLength(3));
    expect(await executionsOf(id)).toHaveLength(3);
  });

  it('backfills no more at a time than max_active lets be open', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '0 0 * * *' }));
    const range = { from: '2026-01-01T00:00:00Z', to: '2026-01-05T00:00:00Z', max_active: 2 };
    await one.request('POST', `/triggers/${trigger}/backfill`, range);
    const seen: number[] = [];
    // Nothing runs here: what was started stays open until the test ends it.
    for (let ended = 0; ended < 5;) {
      const open = await eventually(async () => {
        const rows = await one.database.query<{ id: string }>(
          `SELECT id FROM execution WHERE workflow_id = $1 AND status = 'queued' ORDER BY id`,
          [id],
        );
        expect(rows.length).toBeGreaterThanOrEqual(Math.min(2, 5 - ended));
        return rows;
      });
      seen.push(open.length);
      await one.database.query(`UPDATE execution SET status = 'completed', end_time = now() WHERE id = $1`, [
        open[0]?.id,
      ]);
      ended += 1;
    }
    expect(Math.max(...seen)).toBe(2);
    expect(await executionsOf(id)).toHaveLength(5);
  });

  it('with jitter fires later than its instant, by a part of its own, and keeps the instant', async () => {
    const jitter = planned('cron', { cron: '0 0 * * *', jitter: '10m' });
    const dueOf = async (trigger: string): Promise<number[]> => {
      const { body } = await one.request('GET', `/triggers/${trigger}/preview?count=3`);
      return (body['items'] as { at: string; due_at: string }[]).map(
        (one) => Date.parse(one.due_at) - Date.parse(one.at),
      );
    };
    const offsets = [];
    for (let n = 0; n < 5; n++) {
      const { id, trigger } = await deployed(jitter);
      const dues = await dueOf(trigger);
      expect(new Set(dues).size).toBe(1);
      const [timer] = await one.database.query<{ due_at: Date; payload: { instant: number } }>(
        `SELECT due_at, payload FROM timer WHERE subject_id = $1`,
        [trigger],
      );
      expect((timer?.due_at.getTime() ?? 0) - (timer?.payload.instant ?? 0)).toBe(dues[0]);
      offsets.push(dues[0] ?? -1);
      await one.request('DELETE', `/deployment/workflows/${id}/undeploy`);
    }
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...offsets)).toBeLessThan(600_000);
    expect(new Set(offsets).size).toBeGreaterThan(1);
  });

  it('measures how late it fires', async () => {
    const { id, trigger } = await deployed(planned('cron', { cron: '* * * * * *' }));
    const count = async (): Promise<number> => {
      const { values } = await one.app.get(Metrics).cronLateness.get();
      return values.find(({ metricName }) => metricName?.endsWith('_count'))?.value ?? 0;
    };
    const before = await count();
    await eventually(async () => {
      expect((await occurrencesOf(trigger, '?outcome=fired')).length).toBeGreaterThanOrEqual(2);
      expect(await count()).toBeGreaterThan(before);
    });
    await one.request('DELETE', `/deployment/workflows/${id}/undeploy`);
  });

  it.each([
    ['before start_at', { startAt: '2999-01-01T00:00:00Z' }, '2999-01-01T00:00:00.000Z'],
    ['after end_at', { endAt: '2020-01-01T00:00:00Z' }, null],
  ])('has no instant %s', async (_when, more, first) => {
    const { trigger } = await deployed(planned('cron', { cron: '0 0 * * *' }, more));
    const { body } = await one.request('GET', `/triggers/${trigger}`);
    expect(body['next_due']).toBe(first);
  });

  it.each([
    ['ends before it begins', 'from', { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }],
    ['has not passed yet', 'to', { from: '2026-01-01T00:00:00Z', to: '2999-01-01T00:00:00Z' }],
  ])('refuses to backfill a range that %s', async (_case, path, range) => {
    const { id, trigger } = await deployed(planned('cron', { cron: '0 0 1 * *' }));
    const answer = await one.request('POST', `/triggers/${trigger}/backfill`, range);
    expect(answer).toMatchObject({ status: 422, body: { code: 'range_invalid', errors: [{ path }] } });
    expect(await executionsOf(id)).toHaveLength(0);
  });
});

describe('by hand', () => {
  it('starts with input, and an idempotency key starts once', async () => {
    const { id } = await deployed(planned('manual', {}));
    const headers = { 'idempotency-key': 'k1' };
    const first = await one.request('POST', `/triggers/workflows/${id}/manual`, { input: { a: 1 } }, headers);
    expect(first).toMatchObject({ status: 202, body: { workflow_id: id, status: 'queued', duplicate: false } });
    const second = await two.request('POST', `/triggers/workflows/${id}/manual`, { input: { a: 2 } }, headers);
    expect(second).toMatchObject({ status: 202, body: { duplicate: true, execution_id: first.body['execution_id'] } });
    expect(await executionsOf(id)).toMatchObject([{ input: { a: 1 }, version: 1 }]);
  });

  it('starts what is deployed without a manual trigger, and nothing that is not deployed', async () => {
    const { id } = await deployed();
    expect(await one.request('POST', `/triggers/workflows/${id}/manual`, {})).toMatchObject({ status: 202 });
    const draft = await one.workflows.create('draft', []);
    expect(await one.request('POST', `/triggers/workflows/${draft}/manual`, {})).toMatchObject({
      status: 409,
      body: { code: 'not_deployed' },
    });
  });

  it('with a confirmation starts at the second call, once', async () => {
    const { id } = await deployed(planned('manual', { require_confirmation: true }));
    const asked = await one.request('POST', `/triggers/workflows/${id}/manual`, { input: { a: 1 } });
    expect(asked).toMatchObject({ status: 202, body: { confirmation_required: true } });
    expect(await executionsOf(id)).toHaveLength(0);
    const token = String(asked.body['confirmation_token']);
    const confirm = (text: string) => two.request('POST', `/triggers/workflows/${id}/manual/confirm`, { token: text });
    expect(await confirm(`${token}x`)).toMatchObject({ status: 403, body: { code: 'confirmation_invalid' } });
    const answers = await Promise.all(Array.from({ length: 10 }, () => confirm(token)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ body }) => body['code'] === 'confirmation_used')).toHaveLength(9);
    expect(await executionsOf(id)).toMatchObject([{ input: { a: 1 } }]);
  });

  it('a confirmation with a key may be sent again, and gets the same execution', async () => {
    const { id } = await deployed(planned('manual', { require_confirmation: true }));
    const asked = await one.request('POST', `/triggers/workflows/${id}/manual`, { input: { a: 1 } });
    const body = { token: asked.body['confirmation_token'], wait: false, wait_timeout: '5s' };
    const confirm = (key: string) =>
      two.request('POST', `/triggers/workflows/${id}/manual/confirm`, body, { 'idempotency-key': key });
    const first = await confirm('c-1');
    expect(first).toMatchObject({ status: 202, body: { duplicate: false } });
    expect(await confirm('c-1')).toMatchObject({
      status: 202,
      body: { duplicate: true, execution_id: first.body['execution_id'] },
    });
    expect(await confirm('c-2')).toMatchObject({ status: 409, body: { code: 'confirmation_used' } });
    expect(await executionsOf(id)).toHaveLength(1);
  });
});

describe('webhook', () => {
  it('is known to every replica when the deployment answers', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { id } = await deployed(planned('webhook', { path: `/known/${round}/:id` }));
      const answer = await two.request('POST', `/webhook/known/${round}/7?x=1`, { n: 1 });
      expect(answer).toMatchObject({ status: 202, body: { workflow_id: id } });
      expect(await two.request('POST', `/api/v1/public/webhook/workflow/${id}`, { n: 2 })).toMatchObject({
        status: 202,
      });
    }
  });

  it('gives the body as input and keeps the whole request', async () => {
    const { id, trigger } = await deployed(planned('webhook', { path: '/orders/:id' }));
    await one.request('POST', '/webhook/orders/7?x=1', { n: 1 }, { authorization: 'Bearer hidden' });
    expect(await executionsOf(id)).toMatchObject([{ input: { n: 1 } }]);
    const [seen] = await occurrencesOf(trigger);
    expect(seen).toMatchObject({
      outcome: 'fired',
      payload: {
        method: 'POST',
        path: '/webhook/orders/7',
        params: { id: '7' },
        query: { x: '1' },
        raw_body: '{"n":1}',
        headers: { authorization: '***' },
      },
    });
  });

  it('answers 404 for unknown paths and 405 with Allow for other methods', async () => {
    await deployed(planned('webhook', { path: '/only', methods: ['PUT', 'POST'] }));
    expect(await one.request('POST', '/webhook/nowhere', {})).toMatchObject({
      status: 404,
      body: { code: 'webhook_not_found' },
    });
    expect(await one.request('GET', '/webhook/only')).toMatchObject({ status: 405, headers: { allow: 'POST, PUT' } });
  });

  it('of a second deployment on the same route is refused, naming the first', async () => {
    const first = await deployed(planned('webhook', { path: '/same/:a' }));
    const second = await deployed(planned('webhook', { path: '/webhook/same/:b' }));
    expect(second.answer).toMatchObject({ status: 409, body: { code: 'route_taken' } });
    expect(String(second.answer.body['detail'])).toContain(first.id);
    expect(await one.request('GET', `/deployment/workflows/${second.id}/status`)).toMatchObject({
      body: { status: 'failed' },
    });
  });

  it('deduplicates by Idempotency-Key and webhook-id', async () => {
    const { id } = await deployed(planned('webhook', { path: '/dedup' }));
    for (const name of ['idempotency-key', 'webhook-id']) {
      const first = await one.request('POST', '/webhook/dedup', {}, { [name]: `${name}-1` });
      const again = await two.request('POST', '/webhook/dedup', {}, { [name]: `${name}-1` });
      expect(again.body).toMatchObject({ duplicate: true, execution_id: first.body['execution_id'] });
    }
    expect(await executionsOf(id)).toHaveLength(2);
  });

  it('checks signatures on the raw bytes and records refusals with their reason', async () => {
    one.secrets.set('hook', 's3cret');
    const { id, trigger } = await deployed(
      planned('webhook', { path: '/signed', auth: { type: 'github', secret: '{{ secrets.hook }}' } }),
    );
    const body = '{"a":   1}';
    const sign = (key: string) => ({
      'content-type': 'application/json',
      'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
    });
    expect(await one.request('POST', '/webhook/signed', body, sign('s3cret'))).toMatchObject({ status: 202 });
    expect(await one.request('POST', '/webhook/signed', body, sign('wrong'))).toMatchObject({
      status: 401,
      body: { code: 'signature_invalid' },
    });
    expect(await one.request('POST', '/webhook/signed', body)).toMatchObject({ status: 401 });
    expect(await executionsOf(id)).toHaveLength(1);
    const [refused] = await occurrencesOf(trigger, '?outcome=rejected');
    expect(refused).toMatchObject({ reason: { code: 'signature' }, payload: { size: 10 } });
    expect(JSON.stringify(refused)).not.toContain('a\\"');
  });

  it('whose secret is missing refuses all', async () => {
    await deployed(
      planned('webhook', { path: '/secretless', auth: { type: 'bearer', token: '{{ secrets.nothing }}' } }),
    );
    expect(await one.request('POST', '/webhook/secretless', {}, { authorization: 'Bearer ' })).toMatchObject({
      status: 401,
      body: { code: 'secret_missing' },
    });
  });

  it('refuses large, unreadable and unknown bodies by their own codes', async () => {
    const { trigger } = await deployed(planned('webhook', { path: '/picky', max_body: 20 }));
    const json = { 'content-type': 'application/json' };
    expect(await one.request('POST', '/webhook/picky', `"${'x'.repeat(30)}"`, json)).toMatchObject({ status: 413 });
    expect(await one.request('POST', '/webhook/picky', '{', json)).toMatchObject({
      status: 400,
      body: { code: 'body_invalid' },
    });
    expect(await one.request('POST', '/webhook/picky', 'x', { 'content-type': 'image/png' })).toMatchObject({
      status: 415,
    });
    expect((await occurrencesOf(trigger)).map((row) => row['outcome'])).toContain('rejected');
  });

  it('says when the filter let nothing start', async () => {
    const { id } = await deployed(
      planned(
        'webhook',
        { path: '/filtered' },
        { filter: 'trigger.payload.body.n > 1', input: { n: '{{ trigger.payload.body.n }}' } },
      ),
    );
    expect(await one.request('POST', '/webhook/filtered', { n: 1 })).toMatchObject({
      status: 202,
      body: { execution_id: null, status: 'filtered' },
    });
    expect(await one.request('POST', '/webhook/filtered', { m: 1 })).toMatchObject({
      status: 422,
      body: { code: 'expression_failed' },
    });
    expect(await one.request('POST', '/webhook/filtered', { n: 2 })).toMatchObject({
      status: 202,
      body: { status: 'queued' },
    });
    expect(await executionsOf(id)).toMatchObject([{ input: { n: 2 } }]);
  });

  it('with response wait answers with the output', async () => {
    await deployed(planned('webhook', { path: '/wait', response: 'wait' }));
    expect(await one.request('POST', '/webhook/wait', {})).toMatchObject({ status: 202 });
    one.ends.output = { done: true };
    expect(await one.request('POST', '/webhook/wait', {})).toEqual(
      expect.objectContaining({ status: 200, body: { done: true } }),
    );
    one.ends.output = undefined;
  });

  it('of a paused workflow starts nothing until it is resumed', async () => {
    const { id } = await deployed(planned('webhook', { path: '/held' }));
    await one.workflows.move(id, 'paused');
    expect(await one.request('POST', '/webhook/held', {})).toMatchObject({
      status: 409,
      body: { code: 'trigger_paused' },
    });
    await one.workflows.move(id, 'active');
    expect(await one.request('POST', '/webhook/held', {})).toMatchObject({ status: 202 });
  });

  it('costs no query before its commit', async () => {
    const { id } = await deployed(planned('webhook', { path: '/hot' }));
    await one.request('POST', '/webhook/hot', {});
    const query = vi.spyOn(one.database, 'query');
    await one.request('POST', '/webhook/hot', {});
    await one.request('POST', `/api/v1/public/webhook/workflow/${id}`, {});
    const queries = query.mock.calls.length;
    query.mockRestore();
    expect(queries).toBe(0);
    expect(await executionsOf(id)).toHaveLength(3);
  });
});

describe('triggers of the API', () => {
  it('are in force at once, edited, listed and removed', async () => {
    const { id } = await deployed();
    const made = await one.request('POST', `/workflows/${id}/triggers`, {
      type: 'schedule',
      name: 'extra',
      config: { cron: '0 0 1 1 *' },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { type: 'cron', is_armed: true, next_due: expect.any(String) as unknown },
    });
    const trigger = String(made.body['id']);
    expect(await one.request('PUT', `/triggers/${trigger}`, { is_enabled: false })).toMatchObject({
      status: 200,
      body: { is_armed: false, next_due: null },
    });
    expect(
      await one.request('POST', `/workflows/${id}/triggers`, {
        type: 'cron',
        name: 'extra',
        config: { cron: '@daily' },
      }),
    ).toMatchObject({ status: 409 });
    expect(await one.request('POST', `/workflows/${id}/triggers`, { type: 'nope' })).toMatchObject({ status: 422 });
    expect(await one.request('POST', `/workflows/${id}/triggers`, { type: 'manual', mode: 'notify' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'mode', code: 'notify_unavailable' }] },
    });
    expect(await one.request('DELETE', `/triggers/${trigger}`)).toMatchObject({ status: 204 });
    expect(await one.request('GET', `/triggers/${trigger}`)).toMatchObject({
      status: 404,
      body: { code: 'trigger_not_found' },
    });
  });

  it('count what they fired, and show no secret', async () => {
    const { trigger } = await deployed(
      planned('webhook', { path: '/counted', auth: { type: 'bearer', token: 'plain' } }),
    );
    await one.request('POST', '/webhook/counted', {}, { authorization: 'Bearer plain' });
    await eventually(async () =>
      expect((await one.request('GET', `/triggers/${trigger}`)).body).toMatchObject({
        trigger_count: 1,
        health: { status: 'healthy' },
      }),
    );
    expect((await one.request('GET', `/triggers/${trigger}`)).body).toMatchObject({
      config: { auth: { token: '***' } },
    });
  });

  it('keep their type: an edit that names another one is refused', async () => {
    const { trigger } = await deployed(planned('cron', { cron: '0 0 1 1 *' }));
    expect(await one.request('PUT', `/triggers/${trigger}`, { type: 'webhook' })).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'type', code: 'value_invalid' }] },
    });
    for (const type of ['cron', 'schedule'])
      expect((await one.request('PUT', `/triggers/${trigger}`, { type })).status).toBe(200);
  });

  it('list their occurrences by one outcome or several', async () => {
    const { trigger } = await deployed(
      planned('webhook', { path: '/several' }, { filter: 'trigger.payload.body.n > 1' }),
    );
    for (const n of [1, 2]) await one.request('POST', '/webhook/several', { n }, { 'idempotency-key': 'same' });
    await one.request('POST', '/webhook/several', { n: 2 }, { 'idempotency-key': 'same' });
    const outcomes = async (query: string) => (await occurrencesOf(trigger, query)).map((row) => row['outcome']);
    expect(await outcomes('?outcome=filtered')).toEqual(['filtered']);
    expect(await outcomes('?outcome=filtered,duplicate')).toEqual(['duplicate', 'filtered']);
    expect(await outcomes('?outcome=filtered&outcome=fired')).toEqual(['fired', 'filtered']);
    expect((await one.request('GET', `/triggers/${trigger}/occurrences?outcome=fired,nope`)).status).toBe(422);
  });

  it('replay an occurrence, marked', async () => {
    const { id, trigger } = await deployed(planned('webhook', { path: '/replayed' }));
    await one.request('POST', '/webhook/replayed', { n: 1 }, { 'idempotency-key': 'r' });
    const [first] = await occurrencesOf(trigger);
    expect(await one.request('POST', `/occurrences/${String(first?.['id'])}/replay`)).toMatchObject({
      status: 202,
      body: { duplicate: false },
    });
    expect((await occurrencesOf(trigger))[0]).toMatchObject({ outcome: 'fired', replay_of: first?.['id'] });
    expect(await executionsOf(id)).toMatchObject([{ input: { n: 1 } }, { input: { n: 1 } }]);
  });
});
