import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

interface MailServer {
  readonly url: string;
  readonly mails: { mail: ParsedMail; to: string[] }[];
  /** Refuses everything for now. */
  away: boolean;
}

async function startMailServer(): Promise<MailServer> {
  const state: MailServer = { url: '', mails: [], away: false };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onMailFrom: (_address, _session, done) => done(state.away ? new Error('try again later') : null),
    onData: (stream, session, done) => {
      void simpleParser(stream).then((mail) => {
        state.mails.push({ mail, to: session.envelope.rcptTo.map(({ address }) => address) });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  afterFile(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as { port: number };
  return Object.assign(state, { url: `smtp://127.0.0.1:${port}` });
}

let smtp: MailServer;
let api: Api;
beforeAll(async () => {
  smtp = await startMailServer();
  const env = {
    SMTP_URL: smtp.url,
    NOTIFY_EMAIL: 'ops@example.com,lead@example.com',
    MAIL_FROM: 'millrace@example.com',
  };
  ({ api } = await startApp(env));
});

const STEP = 'steps: [{id: note, type: log, config: {message: hi}}]';
const hook = (name: string, more = ''): string =>
  `name: ${name}\n${STEP}\ntriggers: [{type: webhook, name: hook, config: {path: /${name}}${more}}]`;

async function deployed(yaml: string, body = {}): Promise<{ workflow: string; trigger: string }> {
  const workflow = await api.create(yaml);
  const answer = await api.post(`/deployment/workflows/${workflow}/deploy`, body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { workflow, trigger: answer.body.triggers[0].id as string };
}

const mailsOf = (name: string) => smtp.mails.filter(({ mail }) => mail.subject?.includes(name));

describe('in notification mode', () => {
  it.each([
    ['of a deployment', 'quiet-deployment', '', { mode: 'notify' }],
    ['of a trigger', 'quiet-trigger', ', mode: notify', {}],
  ])('%s a mail says what would have started, and nothing starts', async (_of, name, more, body) => {
    const { workflow, trigger } = await deployed(hook(name, more), body);
    const answer = await api.call('POST', `/webhook/${name}`, { order: 'o-1' });
    expect(answer.body).toMatchObject({ status: 'notified', execution_id: null });
    const [sent] = await eventually(() => {
      expect(mailsOf(name)).toHaveLength(1);
      return mailsOf(name);
    });
    expect(sent?.to).toEqual(['ops@example.com', 'lead@example.com']);
    expect(sent?.mail.from?.text).toBe('millrace@example.com');
    for (const part of [name, workflow, trigger, 'o-1', 'Time: ']) expect(sent?.mail.text).toContain(part);
    const { body: executions } = await api.get(`/workflows/${workflow}/executions`);
    expect(executions.items).toEqual([]);
    const { body: ledger } = await api.get(`/triggers/${trigger}/occurrences`);
    expect(ledger.items).toMatchObject([{ outcome: 'notified' }]);
  });

  it('of the server all triggers notify, unless one says execute', async () => {
    const quiet = await startApp({ SMTP_URL: smtp.url, NOTIFY_EMAIL: 'ops@example.com', EXECUTION_MODE: 'notify' });
    api = quiet.api;
    await deployed(hook('quiet-server'));
    const loud = await deployed(hook('loud-server', ', mode: execute'));
    expect((await api.call('POST', '/webhook/quiet-server', {})).body.status).toBe('notified');
    expect((await api.call('POST', '/webhook/loud-server', {})).body.status).toBe('queued');
    await eventually(() => expect(mailsOf('quiet-server')).toHaveLength(1));
    expect(loud.workflow).not.toBe('');
    expect(mailsOf('loud-server')).toEqual([]);
  });

  it('a mail server that is away gets the mail later, once', async () => {
    smtp.away = true;
    await deployed(hook('late-mail', ', mode: notify'));
    await api.call('POST', '/webhook/late-mail', {});
    await api.call('POST', '/webhook/late-mail', {});
    expect(mailsOf('late-mail')).toEqual([]);
    smtp.away = false;
    await eventually(() => expect(mailsOf('late-mail')).toHaveLength(2));
    expect(new Set(mailsOf('late-mail').map(({ mail }) => mail.messageId)).size).toBe(2);
  });
});
