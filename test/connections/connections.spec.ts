import { beforeAll, describe, expect, it } from 'vitest';
import { Connections } from '../../src/common/connections/connections.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const PASSWORD = 'correct horse battery staple';
const SHOP = { host: '192.0.2.1', driver: 'postgresql', database: 'shop', username: 'u', password: PASSWORD };

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
const create = (name: string, type: string, config: object) => app.api.post('/connections', { name, type, config });

describe('a connection', () => {
  it('comes back with its secrets as "***", by id and by name, in lists too, and is sealed in the database', async () => {
    const made = await create('shop', 'database', SHOP);
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    const { id } = made.body as { id: string };
    const shown = { id, name: 'shop', type: 'database', config: { ...SHOP, password: '***' } };
    for (const path of ['shop', id]) expect((await app.api.get(`/connections/${path}`)).body).toMatchObject(shown);
    const list = await app.api.get('/connections');
    expect(list.body.items).toContainEqual(expect.objectContaining(shown));
    expect(JSON.stringify([made.body, list.body])).not.toContain('horse');
    const [row] = await app.db.database.query<{ text: string }>(
      `SELECT row_to_json(c)::text AS text FROM connection c`,
    );
    const [sealed] = await app.db.database.query<{ sealed: Buffer }>('SELECT sealed FROM connection');
    expect(row?.text).not.toContain('192.0.2.1');
    expect(sealed?.sealed.toString('latin1')).not.toContain('horse');
  });

  it('shows a URL without its password, and the values of headers and environment not at all', async () => {
    await create('by_url', 'database', { url: `mysql://u:pass%20word@db.example.com/shop` });
    await create('tools', 'mcp', { transport: 'http', url: 'https://mcp.example.com', headers: { 'X-Key': PASSWORD } });
    expect((await app.api.get('/connections/by_url')).body.config.url).toBe('mysql://u:***@db.example.com/shop');
    expect((await app.api.get('/connections/tools')).body.config.headers).toEqual({ 'X-Key': '***' });
  });

  it('opens with all its secrets, which are redacted from then on', async () => {
    await create('opened', 'smtp', { url: 'smtp://u:very%2Fsecret%2Fword@mail.example.com' });
    const opened = await app.app.get(Connections, { strict: false }).get('opened', 'smtp');
    expect(opened.config.url).toBe('smtp://u:very%2Fsecret%2Fword@mail.example.com');
    const redactor = app.app.get(Redactor, { strict: false });
    expect(redactor.text('very/secret/word, very%2Fsecret%2Fword')).toBe('***, ***');
  });

  it('keeps a secret that comes back as "***", and changes the rest', async () => {
    await create('kept', 'database', SHOP);
    const put = await app.api.call('PUT', '/connections/kept', {
      config: { ...SHOP, password: '***', host: '192.0.2.9' },
    });
    expect(put).toMatchObject({ status: 200, body: { revision: 2, config: { host: '192.0.2.9', password: '***' } } });
    const connections = app.app.get(Connections, { strict: false });
    await eventually(async () => {
      const { config } = await connections.get('kept', 'database');
      expect(config).toMatchObject({ host: '192.0.2.9', password: PASSWORD });
    });
  });

  it('is gone when it was removed, for steps too', async () => {
    await create('gone', 'database', SHOP);
    const connections = app.app.get(Connections, { strict: false });
    await connections.get('gone', 'database');
    expect((await app.api.call('DELETE', '/connections/gone')).status).toBe(204);
    expect((await app.api.get('/connections/gone')).body).toMatchObject({ code: 'connection_not_found' });
    await eventually(() =>
      expect(connections.get('gone', 'database')).rejects.toMatchObject({ code: 'connection_not_found' }),
    );
  });

  it('of another type is refused when a step asks for it', async () => {
    await create('of_llm', 'llm', { provider: 'openai', api_key: PASSWORD });
    const connections = app.app.get(Connections, { strict: false });
    await expect(connections.get('of_llm', 'database')).rejects.toMatchObject({ code: 'connection_type_wrong' });
  });

  it('that was sealed under another SECRET_KEY is listed without a config, and may be given anew', async () => {
    const made = await create('foreign', 'database', SHOP);
    await app.db.database.query(`UPDATE connection SET key_id = 'another' WHERE id = $1`, [made.body.id]);
    expect((await app.api.get('/connections/foreign')).body.config).toBeNull();
    const put = await app.api.call('PUT', '/connections/foreign', { config: SHOP });
    expect(put.body.config).toMatchObject({ host: '192.0.2.1' });
  });

  it('leaves every write in the audit log, without secrets', async () => {
    await create('audited', 'database', SHOP);
    await app.api.call('PUT', '/connections/audited', { config: { ...SHOP, host: '192.0.2.7' } });
    await eventually(async () => {
      const { body } = await app.api.get('/audit-log?resource=connections/audited');
      expect(body.items).toMatchObject([{ action: 'connections.update', before: { config: { host: '192.0.2.1' } } }]);
      expect(JSON.stringify(body)).not.toContain('horse');
    });
  });
});

describe('refused are', () => {
  it.each([
    ['a field that the type does not have', 'database', { ...SHOP, hots: 'x' }, 'config.hots'],
    ['a missing field', 'imap', { host: 'imap.example.com', password: 'x' }, 'config.username'],
    ['url and single fields', 'database', { url: 'postgresql://u:p@h/d', host: 'h' }, 'config.host'],
    ['the path of a socket', 'database', { ...SHOP, host: '/var/run/postgresql' }, 'config.host'],
    ['a socket in a URL', 'database', { url: 'postgresql:///shop?host=/var/run' }, 'config.url'],
    ['parameters of a URL', 'database', { url: 'postgresql://u:p@h/d?host=/var/run' }, 'config.url'],
    ['a SQLite file elsewhere', 'database', { driver: 'sqlite', file: '../millrace.db' }, 'config.file'],
    ['an App without its key', 'github', { app_id: '1' }, 'config.private_key'],
    ['a model server without its URL', 'llm', { provider: 'openai_compatible' }, 'config.base_url'],
    ['a program over HTTP', 'mcp', { transport: 'http', url: 'https://m.example.com', command: 'x' }, 'config.command'],
    ['a mask where nothing is kept', 'database', { ...SHOP, password: '***' }, 'config.password'],
  ])('%s', async (_what, type, config, path) => {
    const answer = await create('refused', type, config);
    expect(answer).toMatchObject({ status: 422, body: { code: 'connection_invalid' } });
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('a name that is taken, an unknown type, an unknown connection', async () => {
    await create('taken', 'database', SHOP);
    expect(await create('taken', 'database', SHOP)).toMatchObject({ status: 409, body: { code: 'connection_exists' } });
    expect((await create('x', 'ftp', {})).status).toBe(422);
    expect((await app.api.call('PUT', '/connections/none', {})).status).toBe(404);
    expect((await app.api.call('POST', '/connections/none/test')).status).toBe(404);
  });
});
