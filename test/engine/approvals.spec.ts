import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { loseOwner } from '../support/lost-owner.js';
import { startRecordingServer } from '../support/recording-server.js';
import { fireTimers } from '../support/pass-time.js';

let app: TestApp;
let api: Api;
beforeAll(async () => {
  app = await startApp();
  api = app.api;
});

const FORM = `{type: object, required: [amount], additionalProperties: false, properties: {amount: {type: number, maximum: 100}, gift: {type: boolean}, kind: {enum: [small, 7]}, note: {type: string, maxLength: 5000}}}`;

const ask = (name: string, config = '', rest = ''): string => `
name: ${name}
steps:
  - {id: ask, type: approval, config: {title: "Pay ${name}?", ${config}}}
  - {id: after, type: set, config: {values: {decision: "{{ steps.ask.output.decision }}", by: "{{ steps.ask.output.by }}"}}}
${rest}`;

async function open(yaml: string): Promise<{ id: string; approval: any }> {
  const id = await api.start(await api.create(yaml));
  await api.reaches(id, 'waiting');
  return { id, approval: await only(id) };
}

async function only(execution: string): Promise<any> {
  const { body } = await api.get(`/approvals?execution_id=${execution}`);
  return body.items[0];
}

const decide = (id: string, body: unknown, key?: string) =>
  api.post(`/approvals/${id}/decide`, body, key === undefined ? {} : { authorization: `Bearer ${key}` });

async function person(role = 'operator'): Promise<string> {
  const { body } = await api.post('/api-keys', { name: `someone-${Math.random()}`, role });
  return body.key as string;
}

/** As whoever follows the link would. */
async function follow(
  link: string,
  method = 'GET',
  body?: unknown,
): Promise<{ status: number; text: string; headers: Headers }> {
  const url = app.url + new URL(link).pathname;
  const isForm = typeof body === 'string';
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const init =
    body === undefined ? {} : { body: isForm ? body : JSON.stringify(body), headers: { 'content-type': type } };
  const answer = await fetch(url, { method, ...init });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

describe('an approval', () => {
  it('waits without an owner, shows where it is decided, and goes on with the decision', async () => {
    const { id, approval } = await open(ask('plain', 'message: "Please <look>", timeout: 1d'));
    const waiting = step(await api.execution(id), 'ask').waiting as any;
    expect(waiting).toMatchObject({ for: 'approval', until: approval.expires_at });
    expect(waiting.url).toBe(`http://localhost:8003/api/v1/approvals/${approval.id}`);
    expect(await app.db.database.query('SELECT owner FROM execution WHERE id = $1', [id])).toEqual([{ owner: null }]);
    expect(approval).toMatchObject({ status: 'pending', step_path: 'ask', approvals_needed: 1, decisions: [] });
    expect((await api.get(`/approvals/${approval.id}`)).body).toEqual(approval);
    const decided = await decide(approval.id, { decision: 'approve', data: { a: 1 }, comment: 'fine' });
    expect(decided).toMatchObject({ status: 200, body: { status: 'approved', links: null } });
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'ask').output).toMatchObject({
      decision: 'approve',
      by: 'admin',
      data: { a: 1 },
      comment: 'fine',
    });
    expect(await decide(approval.id, { decision: 'reject' })).toMatchObject({
      status: 409,
      body: { code: 'already_decided' },
    });
    expect(await decide(approval.id, { decision: 'reject' }, await person())).toMatchObject({
      status: 409,
      body: { code: 'approval_closed' },
    });
  });

  it('that is rejected completes the step, with the verb as its decision', async () => {
    const { id, approval } = await open(ask('rejected', `form: ${FORM}`));
    expect((await decide(approval.id, { decision: 'reject' })).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output).toEqual({ decision: 'reject', by: 'admin' });
  });

  it('checks the data against the form, and says where they are wrong', async () => {
    const { approval } = await open(ask('checked', `form: ${FORM}`));
    const refused = await decide(approval.id, { decision: 'approve', data: { amount: 'ten', more: 1 } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'decision_invalid' } });
    expect(refused.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['data.amount', 'data.more']);
    expect((await decide(approval.id, { decision: 'approve' })).body.errors[0].path).toBe('data.amount');
    expect((await decide(approval.id, { decision: 'maybe' })).status).toBe(422);
    expect((await decide(approval.id, { decision: 'approve', data: { amount: 5 } })).status).toBe(200);
  });

  it('needs as many different people as it says; a person counts once; one rejection rejects', async () => {
    const [ada, ben] = [await person(), await person()];
    const { id, approval } = await open(ask('several', 'approvals_needed: 2'));
    expect((await decide(approval.id, { decision: 'approve' }, ada)).body.status).toBe('pending');
    expect(await decide(approval.id, { decision: 'approve' }, ada)).toMatchObject({
      status: 409,
      body: { code: 'already_decided' },
    });
    expect((await decide(approval.id, { decision: 'approve' }, ben)).body.status).toBe('approved');
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'ask').output.decisions).toHaveLength(2);
    const second = await open(ask('veto', 'approvals_needed: 3'));
    await decide(second.approval.id, { decision: 'approve' }, ada);
    expect((await decide(second.approval.id, { decision: 'reject' }, ben)).body.status).toBe('rejected');
    expect((await api.reaches(second.id, 'completed')).output.decision).toBe('reject');
  });

  it('is decided once, however many decide at the same moment', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => person()));
    const { id, approval } = await open(ask('race'));
    const answers = await Promise.all(
      people.map((key, index) => decide(approval.id, { decision: index % 2 === 0 ? 'approve' : 'reject' }, key)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 200)?.body.decisions[0];
    expect(step(await api.reaches(id, 'completed'), 'ask').output).toMatchObject({
      by: winner.by,
      decision: winner.decision,
    });
  });

  it.each([
    ['approve', 'completed', 'approve'],
    ['reject', 'completed', 'reject'],
  ])('whose time is up follows on_timeout: %s', async (rule, status, decision) => {
    const { id, approval } = await open(ask(`late ${rule}`, `timeout: 1h, on_timeout: ${rule}`));
    await timeIsUp(id, approval.id);
    expect((await api.reaches(id, status)).output).toEqual({ decision, by: 'timeout' });
    expect((await only(id)).status).toBe('expired');
    expect(await decide(approval.id, { decision: 'approve' })).toMatchObject({
      status: 409,
      body: { code: 'approval_expired' },
    });
  });

  it('whose time is up fails with the code timeout unless it says otherwise', async () => {
    const { id, approval } = await open(ask('late', 'timeout: 1h'));
    await timeIsUp(id, approval.id);
    expect((await api.reaches(id, 'failed')).error).toMatchObject({ code: 'timeout', step_path: 'ask' });
  });

  it('whose time is up is followed by another, which asks somebody else', async () => {
    const id = await api.start(
      await api.create(`
name: escalated
steps:
  - {id: ask, type: approval, config: {title: "?", assignees: [ada], timeout: 1h}, on_error: continue}
  - {id: escalate, type: approval, when: "steps.ask.error.code == 'timeout'", config: {title: "Ada did not", assignees: [lead]}}
output: {by: "{{ steps.ask.status == 'completed' ? steps.ask.output.by : steps.escalate.output.by }}"}
`),
    );
    await api.reaches(id, 'waiting');
    const first = await only(id);
    await timeIsUp(id, first.id);
    const second = await eventually(async () => {
      const newest = await only(id);
      expect(newest).toMatchObject({ step_path: 'escalate', status: 'pending', assignees: ['lead'] });
      return newest;
    });
    expect((await follow(first.links.approve, 'POST')).status).toBe(409);
    expect((await follow(second.links.approve, 'POST')).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output).toEqual({ by: 'lead' });
  });

  it('takes no decision any more once its owner has found the time to be up', async () => {
    const { id, approval } = await open(ask('too late'));
    const { database } = app.db;
    const { step_execution_id: stepId } = approval;
    await database.query('INSERT INTO step_answer (id, attempt, execution_id, out_of_time) VALUES ($1, 1, $2, true)', [
      stepId,
      id,
    ]);
    expect(await decide(approval.id, { decision: 'approve' })).toMatchObject({
      status: 409,
      body: { code: 'approval_expired' },
    });
    expect(await only(id)).toMatchObject({ status: 'pending', decisions: [] });
  });

  it('counts a decision that came before its time was found to be up', async () => {
    const { id, approval } = await open(ask('just in time', 'timeout: 1h, on_timeout: reject'));
    await api.post(`/executions/${id}/pause`);
    expect((await decide(approval.id, { decision: 'approve' })).status).toBe(200);
    await timeIsUp(id, approval.id);
    await api.post(`/executions/${id}/resume`);
    expect((await api.reaches(id, 'completed')).output.decision).toBe('approve');
  });

  it('takes a decision while the execution is paused, and goes on by it when it is resumed', async () => {
    const { id, approval } = await open(ask('paused'));
    await api.post(`/executions/${id}/pause`);
    expect((await decide(approval.id, { decision: 'approve' })).status).toBe(200);
    expect((await api.execution(id)).status).toBe('paused');
    await api.post(`/executions/${id}/resume`);
    await api.reaches(id, 'completed');
  });

  it('expires when its execution is cancelled', async () => {
    const { id, approval } = await open(ask('cancelled'));
    await api.post(`/executions/${id}/cancel`);
    expect((await only(id)).status).toBe('expired');
    expect((await decide(approval.id, { decision: 'approve' })).body.code).toBe('approval_expired');
    expect(statuses(await api.execution(id))).toEqual({ ask: 'cancelled' });
  });

  it('is asked anew by a retry, and links of the earlier one decide nothing', async () => {
    const { id, approval } = await open(ask('again', 'timeout: 1h'));
    await timeIsUp(id, approval.id);
    await api.reaches(id, 'failed');
    await api.post(`/executions/${id}/retry`);
    await api.reaches(id, 'waiting');
    expect((await follow(approval.links.approve, 'POST')).status).toBe(409);
    const anew = await only(id);
    expect(anew.id).not.toBe(approval.id);
    expect((await decide(anew.id, { decision: 'approve' })).status).toBe(200);
    await api.reaches(id, 'completed');
  });

  it('outlives the loss of an owner while it is asked beside a running step', async () => {
    const held: (() => void)[] = [];
    const server = await startRecordingServer((_call, response) => held.push(() => response.end('{}')));
    const id = await api.start(
      await api.create(`
name: beside
steps:
  - {id: ask, type: approval, config: {title: "?"}, depends_on: []}
  - {id: busy, type: http, config: {method: POST, url: "${server.url}"}, depends_on: []}
`),
    );
    await eventually(async () => expect([held.length, (await only(id))?.status]).toEqual([1, 'pending']));
    await loseOwner(app, id);
    expect((await decide((await only(id)).id, { decision: 'approve' })).status).toBe(200);
    held[0]?.();
    await eventually(() => expect(held.length).toBe(2));
    held[1]?.();
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'ask').output).toMatchObject({ decision: 'approve', by: 'admin' });
  });

  it('waits on through a restart of the server', async () => {
    const first = await startApp();
    const workflow = await first.api.create(ask('restart'));
    const id = await first.api.start(workflow);
    await first.api.reaches(id, 'waiting');
    const { items } = (await first.api.get(`/approvals?status=pending`)).body;
    await first.close();
    const second = await startApp({}, first.db);
    await second.api.post(`/approvals/${items[0].id}/decide`, { decision: 'approve' });
    await second.api.reaches(id, 'completed');
  });

  it('is listed by status and assignee, page by page, and shows links to those who may decide only', async () => {
    const { approval } = await open(ask('listed', 'assignees: [ada@example.com, zoe]'));
    await open(ask('listed too', 'assignees: [zoe]'));
    const first = (await api.get('/approvals?assignee=zoe&status=pending&limit=1')).body;
    const second = (await api.get(`/approvals?assignee=zoe&limit=1&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ items: [{ id: approval.id }], next_cursor: null });
    expect(approval.assignee_links.map(({ assignee }: { assignee: string }) => assignee)).toEqual([
      'ada@example.com',
      'zoe',
    ]);
    const seen = await api.call('GET', `/approvals/${approval.id}`, undefined, {
      authorization: `Bearer ${await person('viewer')}`,
    });
    expect(seen.body).toMatchObject({ id: approval.id, links: null, assignee_links: [] });
    expect((await decide(approval.id, { decision: 'approve' }, await person('viewer'))).status).toBe(403);
  });
});

describe('a link of an approval', () => {
  it('shows a page that works without script, decides nothing when it is opened, and decides once', async () => {
    const { id, approval } = await open(
      ask('link', `assignees: [ada], message: "<script>alert(1)</script>", form: ${FORM}`),
    );
    const page = await follow(approval.links.form);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(page.text).toContain('&lt;script&gt;');
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain('name="data.amount" required');
    await follow(approval.links.approve, 'HEAD');
    expect((await only(id)).status).toBe('pending');
    const wrong = await follow(approval.links.form, 'POST', 'decision=approve&data.amount=500&data.kind=7&comment=x');
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('data.amount: must be &lt;= 100');
    const right = await follow(
      approval.links.form,
      'POST',
      'decision=approve&data.amount=50&data.kind=7&data.gift=true',
    );
    expect(right.status, right.text).toBe(200);
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'ask').output).toMatchObject({
      decision: 'approve',
      by: 'ada',
      data: { amount: 50, kind: 7, gift: true },
    });
    for (const link of Object.values(approval.links as Record<string, string>)) {
      expect((await follow(link)).status).toBe(409);
      const again = await follow(link, 'POST', {
        decision: link === approval.links.reject ? 'reject' : 'approve',
        data: { amount: 1 },
      });
      expect(again.status).toBe(409);
      expect(JSON.parse(again.text)).toMatchObject({ code: 'link_used' });
    }
  });

  it('shows what is wrong at its input, and keeps all that was typed', async () => {
    const { id, approval } = await open(ask('typed', `form: ${FORM}`));
    const sent = new URLSearchParams({
      decision: 'approve',
      'data.amount': '500',
      'data.gift': 'true',
      'data.kind': '7',
      'data.note': '\r\n<b>first</b>\r\nsecond',
      comment: 'called "back"',
    });
    const { status, text } = await follow(approval.links.form, 'POST', sent.toString());
    expect(status).toBe(422);
    expect(text).toContain('aria-invalid="true" aria-describedby="data.amount-fault" value="500"');
    expect(text).toContain('<p class="fault" id="data.amount-fault">must be &lt;= 100</p>');
    expect(text.match(/aria-invalid/g)).toHaveLength(1);
    expect(text).toMatch(/name="data.gift"[^>]* checked>/);
    expect(text).toContain('<option value="7" selected>');
    expect(text).toMatch(/name="data.note"[^>]*>\n\r?\n&lt;b&gt;first&lt;\/b&gt;\r?\nsecond<\/textarea>/);
    expect(text).toMatch(/name="comment"[^>]*>\ncalled &quot;back&quot;<\/textarea>/);
    const long = await follow(approval.links.form, 'POST', `decision=reject&comment=${'x'.repeat(10_001)}`);
    expect([long.status, long.text.includes('comment: must have at most 10000 characters')]).toEqual([422, true]);
    sent.set('data.amount', '5');
    expect((await follow(approval.links.form, 'POST', sent.toString())).status).toBe(200);
    expect(step(await api.reaches(id, 'completed'), 'ask').output).toMatchObject({
      data: { amount: 5, gift: true, kind: 7, note: '\n<b>first</b>\nsecond' },
      comment: 'called "back"',
    });
  });

  it('shows inputs for an object within, and for several choices', async () => {
    const to = '{type: object, required: [city], properties: {city: {type: string, minLength: 2}}}';
    const tags = '{type: array, minItems: 2, items: {enum: [a, 1, b]}, default: [b]}';
    const { id, approval } = await open(
      ask('nested', `form: {type: object, required: [to], properties: {to: ${to}, tags: ${tags}}}`),
    );
    const page = await follow(approval.links.form);
    expect(page.text).toContain('name="data.to.city" required value=""');
    expect(page.text).toMatch(/name="data.tags" multiple>.*<option value="b" selected>/);
    const wrong = await follow(approval.links.form, 'POST', 'decision=approve&data.to.city=x&data.tags=1');
    expect(wrong.text).toMatch(/id="data.to.city-fault">[^]*id="data.tags-fault">/);
    expect(wrong.text).toMatch(/<option value="1" selected>.*<option value="b">/);
    const right = await follow(
      approval.links.form,
      'POST',
      'decision=approve&data.to.city=Bern&data.tags=a&data.tags=1',
    );
    expect(right.status).toBe(200);
    const ended = await api.reaches(id, 'completed');
    expect(step(ended, 'ask').output.data).toEqual({ to: { city: 'Bern' }, tags: ['a', 1] });
  });

  it('that rejects needs no data, also when a form is sent without a button', async () => {
    const { id, approval } = await open(ask('no button', `form: ${FORM}`));
    expect((await follow(approval.links.form, 'POST', 'data.amount=5')).status).toBe(422);
    expect((await follow(approval.links.reject, 'POST', 'comment=no')).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output.decision).toBe('reject');
  });

  it('decides what it is for, and nothing else', async () => {
    const { id, approval } = await open(ask('fixed'));
    const wrong = await follow(approval.links.reject, 'POST', { decision: 'approve' });
    expect(wrong.status).toBe(422);
    expect((await follow(approval.links.form, 'POST', {})).status).toBe(422);
    expect((await follow(approval.links.reject, 'POST')).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output).toEqual({ decision: 'reject', by: 'link' });
  });

  it('is refused when any character of it was altered', async () => {
    const { approval } = await open(ask('altered'));
    const token = new URL(approval.links.approve).pathname.split('/').at(-1) ?? '';
    for (let index = 0; index < token.length; index += 1) {
      const other = token[index] === 'A' ? 'B' : 'A';
      const altered = token.slice(0, index) + other + token.slice(index + 1);
      const { status, text } = await follow(`http://x/api/v1/public/approvals/${altered}`, 'POST', {});
      expect([status, JSON.parse(text).code]).toEqual([403, 'link_invalid']);
    }
    expect((await follow(`http://x/api/v1/public/approvals/${token}A`)).status).toBe(403);
  });

  it('counts for its assignee: two links of one are one person, those of two are two', async () => {
    const { approval } = await open(ask('two', 'assignees: [ada, ben], approvals_needed: 2'));
    const [ada, ben] = approval.assignee_links;
    expect((await follow(ada.approve, 'POST')).status).toBe(200);
    expect((await follow(ada.form, 'POST', { decision: 'approve' })).status).toBe(409);
    expect((await follow(ben.approve, 'POST')).status).toBe(200);
  });
});

async function timeIsUp(id: string, approval: string): Promise<void> {
  const { database } = app.db;
  await database.query(`UPDATE step_execution SET wait_until = now() WHERE execution_id = $1`, [id]);
  await database.query('UPDATE approval SET expires_at = now() WHERE id = $1', [approval]);
  await fireTimers(database, id);
}

describe('RATE_LIMIT_PUBLIC', () => {
  it('holds for links of approvals and for callbacks, each by itself: 429 with Retry-After', async () => {
    const { url } = await startApp({ RATE_LIMIT_PUBLIC: '2/1m' });
    const ask = (path: string): Promise<Response> => fetch(`${url}/api/v1/public/${path}/wrong`, { method: 'POST' });
    for (const path of ['approvals', 'callbacks']) {
      expect([(await ask(path)).status, (await ask(path)).status]).toEqual([403, 403]);
      const refused = await ask(path);
      expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
      expect(await refused.json()).toMatchObject({ code: 'rate_limited' });
    }
  });
});
