import { createHash, createHmac, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { statuses, step, type ExecutionView } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { TriggerView, World } from './world.js';

/** What each example does when its trigger fires. A file of `examples/` that is missing here fails the test. */
export const EXPECTATIONS: Record<string, (world: World) => Promise<void>> = {
  'hello.yaml': async (world) => {
    const { id, triggers } = await world.deploy('hello.yaml');
    const called = await world.completed(await world.api.post('/webhook/hello', { name: 'Ada' }));
    expect(called).toMatchObject({ trigger_type: 'webhook', output: { text: 'Hello, Ada!' } });
    const started = await world.api.post(`/triggers/workflows/${id}/manual`, { wait: true });
    expect(started.body).toMatchObject({
      status: 'completed',
      trigger_type: 'manual',
      output: { text: 'Hello, world!' },
    });
    const asked = await world.api.post(`/workflows/${id}/execute`, { wait: true });
    expect(asked.body).toMatchObject({ status: 'completed', trigger_type: 'api' });
    const ticked = await fired(world, trigger(triggers, 'cron'));
    expect(ticked).toMatchObject({ trigger_type: 'cron', output: { text: 'Hello, world!' } });
    const { body: logs } = await world.api.get(`/executions/${ticked.id}/logs`);
    expect(logs.items[0]).toMatchObject({ step_path: 'note', message: 'Hello, world! (by cron)' });
    await world.api.call('DELETE', `/deployment/workflows/${id}/undeploy`);
  },

  'github-push.yaml': async (world) => {
    await world.api.call('PUT', '/secrets/github_webhook', { value: 'hush' });
    await world.deploy('github-push.yaml');
    world.answers({ 'POST /deployments': {}, [`PUT /previews/${sha256('topic/x')}`]: {} });
    const main = await world.completed(await push(world, 'd-1', 'refs/heads/main'));
    expect(statuses(main)).toMatchObject({ note_deletion: 'skipped', route: 'completed', 'route.deploy': 'completed' });
    expect(world.sent('POST /deployments')).toEqual({ repository: 'acme/shop', sha: 'abc', by: 'ada' });
    const again = await push(world, 'd-1', 'refs/heads/main');
    expect(again.body).toMatchObject({ duplicate: true, execution_id: main.id });
    const topic = await world.completed(await push(world, 'd-2', 'refs/heads/topic/x'));
    expect(statuses(topic)).toMatchObject({ 'route.preview': 'completed' });
    const deleted = await world.completed(await push(world, 'd-3', 'refs/heads/topic/x', { deleted: true }));
    expect(statuses(deleted)).toEqual({ push: 'completed', note_deletion: 'completed', route: 'skipped' });
    expect(await push(world, 'd-4', 'refs/heads/main', {}, 'issues')).toMatchObject({
      body: { status: 'filtered', execution_id: null },
    });
    expect((await world.api.post('/webhook/github/push', {})).status).toBe(401);
    expect(world.called()).toEqual(['POST /deployments', `PUT /previews/${sha256('topic/x')}`]);
  },

  'docs-publish.yaml': async (world) => {
    const { id } = await world.deploy('docs-publish.yaml');
    world.answers({ 'POST /builds': {} });
    const page = await delivered(world, { commits: [{ added: ['docs/a.md'], modified: ['src/b.ts'], removed: [] }] });
    expect(page).toEqual({ fired: expect.any(String) as string, filtered: 'tags' });
    await world.api.reaches(page['fired'] ?? '', 'completed');
    expect(world.sent('POST /builds')).toMatchObject({
      repository: 'acme/shop',
      version: 'latest',
      pages: ['docs/a.md'],
    });
    for (const more of [
      { commits: [{ added: ['docs/drafts/a.md'], modified: [], removed: [] }] },
      { head_commit: { message: 'Typo [skip docs]' }, commits: [{ added: ['docs/a.md'], modified: [], removed: [] }] },
      { sender: { login: 'renovate[bot]', type: 'Bot' } },
    ])
      expect(await delivered(world, more)).not.toHaveProperty('fired');
    world.answers({ 'POST /builds': {} });
    const tag = await delivered(world, { ref: 'refs/tags/v2.0' });
    await world.api.reaches(tag['fired'] ?? '', 'completed');
    expect(world.sent('POST /builds')).toMatchObject({ version: 'v2.0', pages: [] });
    expect(await delivered(world, { ref: 'refs/tags/v2.1-rc1' })).not.toHaveProperty('fired');
    await world.api.call('DELETE', `/deployment/workflows/${id}/undeploy`);
  },

  'daily-report.yaml': async (world) => {
    const { triggers } = await world.deploy('daily-report.yaml', { 'initial_delay: 1s': 'initial_delay: 10ms' });
    const orders = [
      { id: 'a', amount: 20 },
      { id: 'b', amount: 180 },
    ];
    world.answers({ 'GET /orders': { json: { orders } }, 'POST /chat': [{ status: 503 }, { status: 200 }] });
    const execution = await fired(world, trigger(triggers, 'cron'));
    expect(world.called()).toEqual(['GET /orders', 'POST /chat', 'POST /chat']);
    expect(world.sent('POST /chat')).toEqual({ text: '2 orders, large: b' });
    expect(
      new Set(
        world
          .calls()
          .slice(1)
          .map((call) => call.headers['idempotency-key']),
      ).size,
    ).toBe(1);
    expect(step(execution, 'post').attempt).toBe(2);
  },

  'order-routing.nodes.yaml': async (world) => {
    await world.deploy('order-routing.nodes.yaml');
    world.answers({ 'POST /reviews': { json: { ticket: 't-1' } } });
    const small = await world.api.post('/webhook/orders', { order: 7, amount: 20 });
    expect(small).toMatchObject({ status: 200, body: { order: 7, state: 'confirmed' } });
    const large = await world.api.post('/webhook/orders', { order: 8, amount: 250 });
    expect(large).toMatchObject({ status: 200, body: { order: 8, state: 'in review', ticket: 't-1' } });
    expect(world.called()).toEqual(['POST /reviews']);
  },

  'product-page.yaml': async (world) => {
    await world.deploy('product-page.yaml');
    const known = { 'GET /stock/42': { json: { left: 3 } }, 'GET /prices/42': { json: { price: 9.5 } } };
    world.answers({ ...known, 'GET /reviews/42': { json: { stars: 4.5 } } });
    const page = await world.api.get('/webhook/products/42');
    expect(page).toMatchObject({ status: 200, body: { id: '42', is_available: true, price: 9.5, stars: 4.5 } });
    expect(world.called().sort()).toEqual(['GET /prices/42', 'GET /reviews/42', 'GET /stock/42']);
    world.answers(known);
    expect((await world.api.get('/webhook/products/42')).body).toMatchObject({ price: 9.5, stars: null });
  },

  'order-invoice.yaml': async (world) => {
    const { id } = await world.deploy('order-invoice.yaml');
    if ((await world.api.get('/workflows/invoice-totals')).status === 404) await world.deploy('invoice-totals.yaml');
    world.answers({ 'POST /invoices': {}, 'PUT /orders/o-2/unclear': {} });
    const order = async (input: object): Promise<ExecutionView> => {
      const started = await world.api.post(`/triggers/workflows/${id}/manual`, { input });
      return await world.completed(started);
    };
    const sent = await order({ order: 'o-1', lines: [{ net: 10, tax: 0.19 }] });
    expect(world.sent('POST /invoices')).toEqual({ order: 'o-1', gross_cents: 1190 });
    expect(statuses(sent)).toEqual({ totals: 'completed', send: 'completed', mark: 'skipped' });
    const marked = await order({ order: 'o-2', lines: [] });
    expect(step(marked, 'totals').error).toMatchObject({ code: 'input_invalid' });
    expect(statuses(marked)).toEqual({ totals: 'failed', send: 'skipped', mark: 'completed' });
    expect(world.called()).toEqual(['POST /invoices', 'PUT /orders/o-2/unclear']);
  },

  'price-refresh.yaml': async (world) => {
    const { id } = await world.deploy('price-refresh.yaml');
    const products = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
    world.answers({
      'GET /products': { json: { currency: 'EUR', products } },
      'GET /prices/a': { json: { price: 10 } },
      'GET /prices/b': { status: 404 },
      'GET /prices/c': { json: { price: 30 } },
      'PUT /products/a': {},
      'PUT /products/c': {},
    });
    const started = await world.api.post(`/triggers/workflows/${id}/manual`, {});
    const execution = await world.completed(started);
    expect(execution.output).toEqual({ saved: 2, failed: 1 });
    expect(world.sent('PUT /products/c')).toEqual({ price: 30, currency: 'EUR' });
    const { body } = await world.api.get(`/executions?parent_id=${execution.id}`);
    expect(body.items.map((pass: ExecutionView) => [pass.input.item.id, pass.status])).toEqual([
      ['c', 'completed'],
      ['b', 'failed'],
      ['a', 'completed'],
    ]);
  },

  'invoice-totals.yaml': async (world) => {
    const { id } = await world.deploy('invoice-totals.yaml');
    const lines = [
      { net: 10.01, tax: 0.19 },
      { net: 5, tax: 0.07 },
      { net: 0.99, tax: 0.19 },
    ];
    const { body } = await world.api.post(`/triggers/workflows/${id}/manual`, { input: { lines }, wait: true });
    expect(body.output).toEqual({
      currency: 'EUR',
      gross_cents: 1844,
      tax_cents: 244,
      rates: [
        { rate: 0.19, net: 1100, tax: 209 },
        { rate: 0.07, net: 500, tax: 35 },
      ],
    });
    const refused = await world.api.post(`/triggers/workflows/${id}/manual`, { input: { lines: [] } });
    expect(refused.status).toBe(422);
  },

  'import-with-fallback.yaml': async (world) => {
    const { id } = await world.deploy('import-with-fallback.yaml');
    const prices = { json: { tea: 3 } };
    const office = { 'POST /office/on-call': {}, 'DELETE /office/leases/prices': {} };
    const run = async (): Promise<ExecutionView> =>
      (await world.api.post(`/workflows/${id}/execute`, { wait: true })).body as ExecutionView;

    world.answers({ ...office, 'GET /supplier/prices': prices });
    const fine = await run();
    expect(fine).toMatchObject({ status: 'completed', output: { source: 'supplier', prices: { tea: 3 } } });
    // Nobody answers at /office/statistics: passed over.
    expect(statuses(fine)).toMatchObject({
      note: 'completed',
      mirror: 'skipped',
      count: 'failed',
      release: 'completed',
    });

    world.answers({ ...office, 'GET /supplier/prices': { status: 500 }, 'GET /mirror/prices': prices });
    const mirrored = await run();
    expect(mirrored).toMatchObject({ status: 'completed', output: { source: 'mirror' } });
    expect(statuses(mirrored)).toMatchObject({ supplier: 'failed', note: 'skipped', mirror: 'completed' });

    world.answers(office);
    const failed = await run();
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'http_404', step_path: 'mirror' } });
    expect(world.sent('POST /office/on-call')).toEqual({ execution: failed.id, step: 'mirror', code: 'http_404' });
    expect(world.called().at(-1)).toBe('DELETE /office/leases/prices');
  },

  'refund.yaml': async (world) => {
    const { id } = await world.deploy('refund.yaml');
    world.answers({ 'POST /payments/p-17/refunds': { status: 201, json: { id: 'r-1' } } });
    const start = (input: unknown) => world.api.post(`/triggers/workflows/${id}/manual`, { input });
    expect((await start({ payment: 'p-17', cents: 0, reason: 'damaged' })).status).toBe(422);
    const asked = await start({ payment: 'p-17', cents: 1250, reason: 'damaged' });
    expect(asked).toMatchObject({ status: 202, body: { confirmation_required: true } });
    expect(world.called()).toEqual([]);
    const token = asked.body.confirmation_token as string;
    const confirmed = await world.api.post(`/triggers/workflows/${id}/manual/confirm`, { token });
    expect((await world.completed(confirmed)).output).toEqual({ refund: 'r-1', cents: 1250 });
    expect(world.sent('POST /payments/p-17/refunds')).toEqual({ cents: 1250, reason: 'damaged' });
    expect((await world.api.post(`/triggers/workflows/${id}/manual/confirm`, { token })).status).toBe(409);
  },

  'payout.yaml': async (world) => {
    const { triggers } = await world.deploy('payout.yaml');
    world.answers({ 'POST /payouts': {} });
    const send = (id: string, source: string, type: string, data: unknown) =>
      world.api.post('/events', { specversion: '1.0', id, source, type, data });
    expect((await send('1', '/shop', 'payout.asked', { payout: 'p-1', cents: 900 })).status).toBe(202);
    const approval = await eventually(async () => {
      const { body } = await world.api.get('/approvals?status=pending&assignee=ada@example.com');
      expect(body.items).toMatchObject([{ title: 'Pay 900 cents for p-1?' }]);
      return body.items[0];
    });
    const decision = { decision: 'approve', data: { account: 'main' } };
    expect((await world.api.post(`/approvals/${approval.id}/decide`, decision)).status).toBe(200);
    await eventually(() => expect(world.called()).toEqual(['POST /payouts']));
    expect(world.sent('POST /payouts')).toEqual({ payout: 'p-1', account: 'main' });
    await send('2', '/bank', 'bank.done', { payout: 'p-0' });
    await send('3', '/bank', 'bank.done', { payout: 'p-1' });
    const ended = await world.api.reaches(approval.execution_id, 'completed');
    expect(ended).toMatchObject({ trigger_type: 'event', output: { decision: 'approve' } });
    expect(step(ended, 'check.done').output.id).toBe('3');
    expect((await world.api.get('/events?type=payout.done')).body.items).toMatchObject([
      { data: { payout: 'p-1', cents: 900 } },
    ]);
    expect(trigger(triggers, 'event')).toBeDefined();
  },

  'heartbeat.yaml': async (world) => {
    const { triggers } = await world.deploy('heartbeat.yaml', { 'patience: 20s': 'patience: 50ms' });
    const beat = (): Promise<ExecutionView> => fired(world, trigger(triggers, 'cron'));
    world.answers({ 'GET /alive': {} });
    expect((await beat()).output).toEqual({ state: 'up' });
    world.answers({ 'GET /alive': [{ status: 500 }, { status: 200 }] });
    const recovered = await beat();
    expect(recovered.output).toEqual({ state: 'recovered' });
    expect(statuses(recovered)).toMatchObject({ look: 'failed', patience: 'completed', page: 'skipped' });
    world.answers({ 'GET /alive': { status: 500 }, 'POST /pager': {} });
    expect((await beat()).output).toEqual({ state: 'down' });
    expect(world.sent('POST /pager')).toMatchObject({ code: 'http_500' });
  },

  'signup.yaml': async (world) => {
    await world.deploy('signup.yaml');
    const path = `/accounts/${sha256('ada@example.com')}`;
    world.answers({ [`PUT ${path}`]: { json: { id: 'a-1' } } });
    const first = await form(world, 'email=Ada@Example.com&plan=small');
    const execution = await world.completed(first);
    expect(execution.output).toEqual({ account: 'a-1' });
    expect(world.sent(`PUT ${path}`)).toEqual({ email: 'ada@example.com', plan: 'small' });
    const again = await form(world, 'email=ada@example.com');
    expect(again.body).toMatchObject({ duplicate: true, execution_id: execution.id });
    expect((await form(world, 'plan=small')).body).toMatchObject({ status: 'filtered', reason: { code: 'filter' } });
    expect(world.called()).toEqual([`PUT ${path}`]);
  },

  'export-and-poll.yaml': async (world) => {
    const { id } = await world.deploy('export-and-poll.yaml', { 'initial_delay: 1s': 'initial_delay: 10ms' });
    world.answers({
      'POST /exports': { json: { id: 'e-1' } },
      'GET /exports/e-1': [{ status: 409 }, { status: 409 }, { json: { path: '/files/e-1' } }],
      'GET /files/e-1': { json: [{ n: 1 }, { n: 2 }] },
    });
    const { body } = await world.api.post(`/workflows/${id}/execute`, { input: { table: 'orders' }, wait: true });
    expect(body).toMatchObject({ status: 'completed', output: { rows: 2, asked: 3 } });
  },
};

function trigger(triggers: readonly TriggerView[], type: string): TriggerView {
  const found = triggers.find((one) => one.type === type);
  if (found === undefined) throw new Error(`no trigger of type ${type}`);
  return found;
}

let instant = 0;

/** Fires an instant of the past by a due timer, each call another one, and waits for its execution. */
async function fired(world: World, { id }: TriggerView): Promise<ExecutionView> {
  const day = 86_400_000;
  const range = { from: new Date(Date.now() - 8 * day).toISOString(), to: new Date(Date.now() - day).toISOString() };
  const past = await world.api.post(`/triggers/${id}/backfill`, { ...range, dry_run: true });
  const at = past.body.items[instant++ % past.body.items.length].at as string;
  expect((await world.api.post(`/triggers/${id}/backfill`, { from: at, to: at })).status).toBe(202);
  const execution = await eventually(async () => {
    const { body } = await world.api.get(`/triggers/${id}/occurrences`);
    const occurrence = body.items.find((one: { scheduled_for: string }) => one.scheduled_for === at);
    expect(occurrence).toMatchObject({ outcome: 'fired' });
    return occurrence.execution_id as string;
  });
  return await world.api.reaches(execution, 'completed');
}

function push(world: World, delivery: string, ref: string, more: object = {}, event = 'push') {
  const body = JSON.stringify({
    ref,
    after: 'abc',
    pusher: { name: 'ada' },
    repository: { full_name: 'acme/shop', default_branch: 'main' },
    ...more,
  });
  return world.api.call('POST', '/webhook/github/push', body, {
    'content-type': 'application/json',
    'x-github-event': event,
    'x-github-delivery': delivery,
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`,
  });
}

/** The execution or the reason, by outcome. */
async function delivered(world: World, more: object): Promise<Record<string, string>> {
  const repository = { full_name: 'acme/shop', default_branch: 'main' };
  const shas = { before: 'a'.repeat(40), after: 'b'.repeat(40) };
  const body = JSON.stringify({ ref: 'refs/heads/main', ...shas, repository, sender: { login: 'ada' }, ...more });
  const { body: answer } = await world.api.call('POST', '/public/webhooks/github', body, {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`,
  });
  const results = answer.results as { status: string; execution_id: string | null; reason: { code: string } | null }[];
  return Object.fromEntries(results.map((one) => [one.status, one.execution_id ?? one.reason?.code ?? '']));
}

function form(world: World, body: string) {
  return world.api.call('POST', '/webhook/signup', body, { 'content-type': 'application/x-www-form-urlencoded' });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
