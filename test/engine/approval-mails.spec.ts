import { beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startMailbox, type Mailbox } from '../support/mailbox.js';
import { fireTimers } from '../support/pass-time.js';

let app: TestApp;
let mailbox: Mailbox;
beforeAll(async () => {
  mailbox = await startMailbox();
  app = await startApp({
    SMTP_URL: mailbox.url,
    MAIL_FROM: 'Millrace <m@example.com>',
    PUBLIC_URL: 'https://m.example.com/',
  });
});

const mailsTo = (address: string) => mailbox.mails.filter(({ to }) => to.includes(address));
const linkIn = (text: string, label: string): string => new RegExp(`${label}:\\s+(https://\\S+)`).exec(text)?.[1] ?? '';

async function ask(name: string, config: string): Promise<string> {
  const yaml = `name: ${name}\nsteps: [{id: ask, type: approval, config: {title: "Pay ${name}?", ${config}}}]`;
  const id = await app.api.start(await app.api.create(yaml));
  await app.api.reaches(id, 'waiting');
  return id;
}

describe('people who are to decide', () => {
  it('get a mail each, with links of their own that work', async () => {
    const id = await ask('each', 'assignees: [ada@example.com, desk], notify: true');
    const [mail] = await eventually(() => {
      expect(mailsTo('ada@example.com')).toHaveLength(1);
      return mailsTo('ada@example.com');
    });
    expect(mail?.text).toMatch(/From: Millrace <m@example.com>[^]*Subject: \[Millrace\] Pay each\?/);
    expect(mailbox.mails).toHaveLength(1);
    const link = linkIn(mail?.text ?? '', 'Approve');
    expect(link).toMatch(/^https:\/\/m\.example\.com\/api\/v1\/public\/approvals\//);
    const answer = await fetch(app.url + new URL(link).pathname, { method: 'POST' });
    expect(answer.status).toBe(200);
    const ended = await app.api.reaches(id, 'completed');
    expect(ended.output).toMatchObject({ decision: 'approve', by: 'ada@example.com' });
  });

  it('get it later when the mail server is away, under the same message id', async () => {
    mailbox.isBusy = true;
    const id = await ask('later', 'notify: [ben@example.com]');
    const timers = (): Promise<{ failures: number; subject_id: string }[]> =>
      app.db.database.query(`SELECT failures, subject_id FROM timer WHERE kind = 'approval.mail'`);
    await eventually(async () => expect((await timers())[0]?.failures).toBeGreaterThan(0));
    mailbox.isBusy = false;
    const { items } = (await app.api.get(`/approvals?execution_id=${id}`)).body;
    await fireTimers(app.db.database, items[0].id);
    await eventually(() => expect(mailsTo('ben@example.com')).toHaveLength(1));
    expect(mailsTo('ben@example.com')[0]?.text).toContain(`Message-ID: <approval-${items[0].id}-0@millrace>`);
    await eventually(async () => expect(await timers()).toEqual([]));
  });

  it('are not told of what was closed meanwhile', async () => {
    mailbox.isBusy = true;
    const id = await ask('closed', 'notify: [zoe@example.com]');
    // One attempt is over, so that none is under way when the mailbox takes mails again.
    await eventually(async () => {
      const query = `SELECT 1 FROM timer WHERE kind = 'approval.mail' AND failures > 0`;
      expect(await app.db.database.query(query)).toHaveLength(1);
    });
    await app.api.post(`/executions/${id}/cancel`);
    mailbox.isBusy = false;
    const { items } = (await app.api.get(`/approvals?execution_id=${id}`)).body;
    await eventually(async () => {
      await fireTimers(app.db.database, items[0].id);
      expect(await app.db.database.query(`SELECT 1 FROM timer WHERE kind = 'approval.mail'`)).toEqual([]);
    });
    expect(mailsTo('zoe@example.com')).toEqual([]);
  });
});

describe('an approval that nobody decides', () => {
  const ESCALATE = '[{after: 4h, to: [ada@example.com, lead@example.com, desk]}, {after: 1d, to: [boss@example.com]}]';
  const approvalOf = async (id: string) => (await app.api.get(`/approvals?execution_id=${id}`)).body.items[0];
  const escalateNow = (approval: { id: string }, level: number) =>
    fireTimers(app.db.database, approval.id, String(level));

  it('asks others too, level by level, and reminds who was asked; links that are out stay good', async () => {
    const id = await ask('escalate', `assignees: [ada@example.com], escalate: ${ESCALATE}`);
    const asked = await approvalOf(id);
    expect(asked).toMatchObject({
      assignees: ['ada@example.com'],
      escalations: [
        { to: ['ada@example.com', 'lead@example.com', 'desk'], escalated_at: null },
        { to: ['boss@example.com'], escalated_at: null },
      ],
    });
    const firstMails = mailsTo('ada@example.com').length;
    await escalateNow(asked, 0);
    await eventually(() => expect(mailsTo('lead@example.com')).toHaveLength(1));
    await eventually(() => expect(mailsTo('ada@example.com')).toHaveLength(firstMails + 1));
    expect(mailsTo('ada@example.com').at(-1)?.text).toContain(`Message-ID: <approval-${asked.id}-0.1@millrace>`);
    const escalated = await approvalOf(id);
    expect(escalated).toMatchObject({
      assignees: ['ada@example.com', 'lead@example.com', 'desk'],
      escalations: [{ escalated_at: expect.any(String) as string }, { escalated_at: null }],
    });
    expect((await app.api.get('/approvals?status=pending&assignee=desk')).body.items).toMatchObject([{ id: asked.id }]);
    // Ada's link of the first mail names her still.
    expect(escalated.links).toEqual(asked.links);
    const link = linkIn(mailsTo('lead@example.com')[0]?.text ?? '', 'Approve');
    expect((await fetch(app.url + new URL(link).pathname, { method: 'POST' })).status).toBe(200);
    const ended = await app.api.reaches(id, 'completed');
    expect(ended.output).toMatchObject({ decision: 'approve', by: 'lead@example.com' });

    await escalateNow(asked, 1);
    await eventually(async () => {
      const left = `SELECT 1 FROM timer WHERE kind = 'approval.escalation' AND subject_id = $1`;
      expect(await app.db.database.query(left, [asked.id])).toEqual([]);
    });
    expect(mailsTo('boss@example.com')).toEqual([]);
    expect((await approvalOf(id)).assignees).not.toContain('boss@example.com');
  });

  it('is not escalated after its timeout: validation says so', async () => {
    const steps = [{ id: 'ask', type: 'approval', config: { timeout: '1h', escalate: [{ after: '1h', to: ['a'] }] } }];
    const { body } = await app.api.post('/workflows/validate', { name: 'late', steps });
    expect(body.errors).toMatchObject([{ path: 'steps[0].config.escalate[0].after', code: 'value_invalid' }]);
  });
});

it('without SMTP_URL the log of the execution says that nobody is told', async () => {
  const { api } = await startApp();
  const yaml = 'name: silent\nsteps: [{id: ask, type: approval, config: {assignees: [a@example.com], notify: true}}]';
  const id = await api.start(await api.create(yaml));
  await api.reaches(id, 'waiting');
  const { items } = (await api.get(`/executions/${id}/logs`)).body;
  expect(items).toMatchObject([{ level: 'warn', message: 'nobody is told of the approval: SMTP_URL is not set' }]);
});
