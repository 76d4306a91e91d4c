import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testConnections } from '../support/databases.js';
import { MemoryFiles } from '../support/memory-files.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';

let types: NodeTypesUnderTest;
let smtp: TestSmtp;
const scriptsDir = temporaryFolder();
beforeAll(async () => {
  smtp = await startSmtp({ refuse: (to) => (to.startsWith('nobody') ? 550 : to.startsWith('busy') ? 450 : null) });
  types = await startNodeTypes({ smtpUrl: smtp.url, mailFrom: 'Millrace <millrace@example.com>', scriptsDir });
  mkdirSync(join(scriptsDir, 'mails'));
  writeFileSync(join(scriptsDir, 'mails/welcome.html'), '<p>Dear {{ customer.name }}, {{count}} new</p>');
  symlinkSync('/etc/passwd', join(scriptsDir, 'mails/link.txt'));
});
afterAll(() => types.close());

const MAIL = { to: 'ann@example.com', subject: 'Hello', text: 'Good day' };
const context = (config: object, given = {}) => nodeContext(types.registry.resolve('email', config), given);
const send = async (config: object, given = {}): Promise<any> => {
  const outcome = await types.registry.get('email').execute(context({ ...MAIL, ...config }, given));
  return 'output' in outcome ? outcome.output : outcome;
};
const last = () => smtp.mails.at(-1);

describe('an email step', () => {
  it('sends text and HTML to all recipients, the hidden ones not in the headers', async () => {
    const output = await send({
      to: ['Ann <ann@example.com>', 'bob@example.com'],
      cc: 'carl@example.com, dora@example.com',
      bcc: 'eve@example.com',
      reply_to: 'desk@example.com',
      html: '<b>Good day</b>',
    });
    const all = ['ann', 'bob', 'carl', 'dora', 'eve'].map((name) => `${name}@example.com`);
    expect(output).toMatchObject({
      accepted: all,
      rejected: [],
      message_id: expect.stringMatching(/^<\w+@example\.com>$/),
    });
    expect(last()).toMatchObject({ from: 'millrace@example.com', to: all });
    for (const line of ['Reply-To: desk@example.com', 'Auto-Submitted: auto-generated', '<b>Good day</b>', 'Good day'])
      expect(last()?.text).toContain(line);
    expect(last()?.text).not.toContain('eve@');
  });

  it('carries the same Message-ID in a second attempt, another one in another step', async () => {
    const first = await send({}, { idempotencyKey: 'e:one', attempt: 1 });
    const second = await send({}, { idempotencyKey: 'e:one', attempt: 2 });
    const other = await send({}, { idempotencyKey: 'e:two' });
    expect(second.message_id).toBe(first.message_id);
    expect(other.message_id).not.toBe(first.message_id);
    expect(last()?.text).toContain(`Message-ID: ${other.message_id}`);
  });

  it('attaches text and bytes', async () => {
    const attachments = [
      { name: 'a.csv', content: 'a;b' },
      {
        name: 'b.bin',
        content: Buffer.from([0, 255]).toString('base64'),
        encoding: 'base64',
        type: 'application/x-own',
      },
    ];
    await send({ attachments });
    expect(last()?.text).toContain('Content-Type: text/csv; name=a.csv');
    expect(last()?.text).toMatch(/Content-Type: application\/x-own; name=b.bin[^]*AP8=/);
  });

  it('attaches files of the execution, by their own name and type or another', async () => {
    const files = new MemoryFiles();
    await files.write('report.csv', 'a;b', { type: 'text/csv' });
    await send(
      { attachments: [{ file: 'report.csv' }, { file: 'report.csv', name: 'again.txt', type: 'text/plain' }] },
      { files },
    );
    expect(last()?.text).toMatch(/Content-Type: text\/csv; name=report.csv[^]*YTti|a;b/);
    expect(last()?.text).toContain('Content-Type: text/plain; name=again.txt');
    await expect(send({ attachments: [{ file: 'none' }] }, { files })).rejects.toThrow();
  });

  it('fills a template from data, escaped, and refuses what data does not have', async () => {
    const config = { text: undefined, template: 'mails/welcome.html' };
    await send({ ...config, data: { customer: { name: '<script>' }, count: 3 } });
    expect(last()?.text).toContain('<p>Dear &lt;script&gt;, 3 new</p>');
    await expect(send({ ...config, data: { customer: {}, count: 1 } })).rejects.toMatchObject({
      code: 'template_failed',
    });
    for (const template of ['mails/none.txt', 'mails/link.txt'])
      await expect(send({ ...config, template })).rejects.toMatchObject({ code: 'template_not_found' });
  });

  it('goes through a connection, with its sender', async () => {
    const other = await startSmtp({ username: 'u', password: 'right' });
    const config = { host: '127.0.0.1', port: other.port, username: 'u', password: 'right', from: 'shop@example.com' };
    const connections = testConnections({
      shop: { type: 'smtp', config },
      wrong: { type: 'smtp', config: { ...config, password: 'wrong' } },
      inner: { type: 'smtp', config: { host: '10.0.0.1' } },
    });
    await send({ connection: 'shop' }, { connections });
    expect(other.mails).toMatchObject([{ from: 'shop@example.com', to: ['ann@example.com'] }]);
    const refused = send({ connection: 'wrong' }, { connections });
    await expect(refused).rejects.toMatchObject({ code: 'email_login_failed', retryable: false });
    await expect(send({ connection: 'inner' }, { connections })).rejects.toMatchObject({ code: 'address_not_allowed' });
  });

  it('says who was refused; when all were, it fails, for good or not as the server says', async () => {
    expect(await send({ to: 'ann@example.com, nobody@example.com' })).toMatchObject({
      accepted: ['ann@example.com'],
      rejected: ['nobody@example.com'],
    });
    await expect(send({ to: 'nobody@example.com' })).rejects.toMatchObject({ code: 'email_550', retryable: false });
    await expect(send({ to: 'busy@example.com' })).rejects.toMatchObject({ code: 'email_450', retryable: true });
  });

  it('is worth another try when the server is away', async () => {
    const gone = await startSmtp();
    await gone.close();
    await using away = await startNodeTypes({ smtpUrl: gone.url });
    const ctx = nodeContext(away.registry.resolve('email', MAIL));
    const attempt = Promise.resolve(away.registry.get('email').execute(ctx));
    await expect(attempt).rejects.toMatchObject({ code: 'network_error', retryable: true });
  });
});

describe('refused is', () => {
  it.each([
    ['a line end in the subject', { subject: 'Hello\r\nBcc: eve@example.com' }, 'subject'],
    ['a line end in an address', { to: 'ann@example.com\nBcc: eve@example.com' }, 'to'],
    ['a line end in a name', { to: '"Ann\r\nBcc: eve@example.com" <ann@example.com>' }, 'to'],
    ['a line end in the sender', { from: 'a@example.com\r\nX: y' }, 'from'],
    [
      'a line end in the name of an attachment',
      { attachments: [{ name: 'a\r\nX: y', content: '' }] },
      'attachments[0].name',
    ],
    ['an attachment of nothing', { attachments: [{ name: 'a' }] }, 'attachments[0].content'],
    ['an attachment of two things', { attachments: [{ file: 'a', content: 'b' }] }, 'attachments[0].content'],
    ['what is no address', { cc: ['ann'] }, 'cc'],
    ['a mail without a body', { text: undefined }, 'text'],
    ['a template elsewhere', { text: undefined, template: '../mail.html' }, 'template'],
  ])('%s', (_what, config, path) => {
    expect(() => types.registry.resolve('email', { ...MAIL, ...config })).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ path })] }) as Error,
    );
  });
});
