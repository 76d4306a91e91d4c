import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { postgresOverTcp } from '../support/postgres-over-tcp.js';
import { startRecordingServer } from '../support/recording-server.js';
import { sendJson } from '../support/send-json.js';
import { temporaryFolder } from '../support/server.js';
import { startSmtp } from '../support/smtp.js';

const PASSWORD = 'correct horse battery staple';
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ MILLRACE_DATA: temporaryFolder() });
});

let count = 0;
async function tried(type: string, config: object) {
  const made = await app.api.post('/connections', { name: `tried_${++count}`, type, config });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const { status, body } = await app.api.post(`/connections/${made.body.name}/test`);
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain(PASSWORD);
  return body;
}

describe('trying a connection says whether it works', () => {
  it('to PostgreSQL', async () => {
    const url = await postgresOverTcp(inject('postgresUrl'));
    expect(await tried('database', { url })).toMatchObject({ ok: true, detail: 'postgresql' });
    const wrong = new URL(url);
    wrong.pathname = '/nowhere';
    expect(await tried('database', { url: wrong.href })).toMatchObject({
      ok: false,
      error: { code: 'database_denied' },
    });
  });

  it('to SQLite', async () => {
    expect(await tried('database', { driver: 'sqlite', file: 'tried.db' })).toMatchObject({ ok: true });
  });

  it('to a mail server, with the right password only', async () => {
    const smtp = await startSmtp({ username: 'u', password: PASSWORD });
    const config = { host: '127.0.0.1', port: smtp.port, username: 'u' };
    expect(await tried('smtp', { ...config, password: PASSWORD })).toMatchObject({ ok: true });
    expect(await tried('smtp', { ...config, password: 'another' })).toMatchObject({ ok: false });
  });

  it('to a mailbox', async () => {
    const server = createServer((socket) => {
      socket.write('* OK ready\r\n');
      socket.on('data', (text) => {
        const right = text.toString().startsWith(`a LOGIN "u" "${PASSWORD}"`);
        if (text.toString().startsWith('a ')) socket.write(right ? 'a OK in\r\n' : 'a NO wrong password\r\n');
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    afterFile(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as { port: number };
    const config = { host: '127.0.0.1', port, secure: false, username: 'u' };
    expect(await tried('imap', { ...config, password: PASSWORD })).toMatchObject({ ok: true, detail: 'ready' });
    expect(await tried('imap', { ...config, password: 'x' })).toMatchObject({
      ok: false,
      error: { message: 'NO wrong password' },
    });
  });

  it('to GitHub, a model server and an MCP server', async () => {
    const server = await startRecordingServer(({ url, headers }, response) => {
      if (url === '/user' && headers.authorization === 'Bearer ghp_token') sendJson(response, { login: 'octocat' });
      else if (url === '/models' && headers.authorization === 'Bearer sk-key') sendJson(response, { data: [] });
      else if (url === '/mcp') sendJson(response, { jsonrpc: '2.0', id: 1, result: { serverInfo: { name: 'tools' } } });
      else sendJson(response, { message: 'Bad credentials' }, 401);
    });
    const github = { api_url: server.url, token: 'ghp_token' };
    expect(await tried('github', github)).toMatchObject({ ok: true, detail: 'octocat' });
    expect(await tried('github', { ...github, token: 'ghp_other' })).toMatchObject({
      error: { code: 'github_401' },
    });
    const llm = { provider: 'openai_compatible', base_url: server.url, api_key: 'sk-key' };
    expect(await tried('llm', llm)).toMatchObject({ ok: true });
    expect(await tried('llm', { ...llm, api_key: 'sk-other' })).toMatchObject({ ok: false });
    expect(await tried('mcp', { transport: 'http', url: `${server.url}/mcp` })).toMatchObject({ detail: 'tools' });
  });

  it('to a program that speaks MCP, and one that does not', async () => {
    const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { serverInfo: { name: 'local' } } });
    const config = { transport: 'stdio', command: 'sh', args: ['-c', `read line; echo '${answer}'; sleep 1000`] };
    expect(await tried('mcp', config)).toMatchObject({ ok: true, detail: 'local' });
    expect(await tried('mcp', { transport: 'stdio', command: 'true' })).toMatchObject({ ok: false });
    const failing = { transport: 'stdio', command: 'sh', args: ['-c', 'echo no licence >&2; exit 3'] };
    expect((await tried('mcp', failing)).error.message).toContain('no licence');
    const missing = await tried('mcp', { transport: 'stdio', command: '/nowhere/at-all' });
    expect(missing.ok).toBe(false);
  });

  it('to a program that is confined as those of steps are, and leaves nothing behind', async () => {
    const says = '"$(id -u) $PWD $HOME $(ulimit -n) ${DATABASE_URL:-none} $child"';
    const name = `{"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"%s"}}}\\n`;
    const script = `read line; setsid sleep 12345 >/dev/null 2>&1 & child=$!; printf '${name}' ${says}; sleep 1000`;
    const { detail } = await tried('mcp', { transport: 'stdio', command: 'bash', args: ['-c', script] });
    const [uid, folder, home, files, database, child] = String(detail).split(' ');
    expect([home, files, database]).toEqual([folder, '1024', 'none']);
    expect(folder).toMatch(/\/millrace-mcp-\w+$/);
    if (process.getuid?.() === 0) expect(uid).toMatch(/^6[1-5]\d{3}$/);
    expect(existsSync(folder ?? '')).toBe(false);
    expect(Number(child)).toBeGreaterThan(1);
    await eventually(() => expect(() => process.kill(Number(child), 0)).toThrow('ESRCH'));
  });
});

describe('out of reach are', () => {
  it.each(['database', 'smtp', 'imap'])('private addresses that are not allowed (%s)', async (type) => {
    const more = { database: { driver: 'mysql', database: 'd', username: 'u' }, smtp: {}, imap: {} }[type];
    const login = type === 'imap' ? { username: 'u', password: 'p' } : {};
    for (const host of ['10.0.0.1', '::ffff:10.0.0.1', '169.254.169.254']) {
      const { ok, error } = await tried(type, { host, ...more, ...login });
      expect([ok, error.message]).toEqual([false, expect.stringContaining('not allowed')]);
    }
  });

  it("the server's own database", async () => {
    const { ok, error } = await tried('database', { url: await postgresOverTcp(app.db.url) });
    expect([ok, error.code]).toEqual([false, 'own_database']);
  });
});
