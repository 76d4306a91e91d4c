import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { AuditLog } from '../../src/access/audit-log.js';
import { type ApiApp, startApiApp } from '../support/api-app.js';

const JWT_SECRET = 'a secret of the issuer, at least 32 characters';
const ISSUER = 'https://issuer.example';
const DEFINITION = { version: '1.0', name: 'n', steps: [{ id: 'a', type: 'log', config: { message: 'x' } }] };

let api: ApiApp;
beforeAll(async () => {
  api = await startApiApp({ JWT_SECRET, JWT_ISSUER: ISSUER, JWT_AUDIENCE: 'millrace' });
});

function jwt(claims: Record<string, unknown>, change: (token: SignJWT) => SignJWT = (token) => token): Promise<string> {
  const token = new SignJWT({ role: 'editor', ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer(ISSUER)
    .setAudience('millrace')
    .setSubject('user-1')
    .setExpirationTime('5m');
  return change(token).sign(new TextEncoder().encode(JWT_SECRET));
}

describe('API keys', () => {
  it('are shown once, stored as a hash, and work as Bearer and as X-API-Key, until they are revoked', async () => {
    const made = await api.call('POST', '/api/v1/api-keys', { json: { name: 'ci', role: 'viewer' } });
    expect(made.status).toBe(201);
    const { id, key } = made.body as { id: string; key: string };
    expect(key).toMatch(/^mr_[\w-]{43}$/);
    const stored = await api.database.database.query('SELECT * FROM api_key WHERE id = $1', [id]);
    expect(JSON.stringify(stored)).not.toContain(key);
    expect((await api.call('GET', `/api/v1/api-keys/${id}`)).text).not.toContain(key);
    expect((await api.call('GET', '/api/v1/me', { key })).body).toMatchObject({
      actor: `key:${id}`,
      name: 'ci',
      role: 'viewer',
    });
    expect((await api.call('GET', '/api/v1/me', { key: null, headers: { 'x-api-key': key } })).status).toBe(200);
    expect((await api.call('DELETE', `/api/v1/api-keys/${id}`)).status).toBe(204);
    expect(await api.call('GET', '/api/v1/me', { key })).toMatchObject({
      status: 401,
      body: { code: 'credentials_invalid' },
    });
  });

  it('that have expired are refused', async () => {
    const key = await api.key('viewer', { expires_at: '2020-01-01T00:00:00Z' });
    expect(await api.call('GET', '/api/v1/me', { key })).toMatchObject({
      status: 401,
      body: { code: 'credentials_expired' },
    });
  });

  it('with scopes reach only what the scopes name', async () => {
    const key = await api.key('editor', { scopes: ['workflows:read', 'me'] });
    expect((await api.call('GET', '/api/v1/workflows', { key })).status).toBe(200);
    const refused = await api.call('POST', '/v1/workflows', { key, json: DEFINITION });
    expect(refused).toMatchObject({ status: 403, body: { code: 'scope_missing' } });
    expect((await api.call('GET', '/api/v1/statistics', { key })).status).toBe(403);
  });

  it('of a lower role cannot make keys, read secrets or the audit log', async () => {
    const key = await api.key('editor');
    for (const path of ['/api/v1/api-keys', '/api/v1/secrets', '/api/v1/audit-log']) {
      expect(await api.call('GET', path, { key })).toMatchObject({ status: 403, body: { code: 'role_too_low' } });
    }
  });

  it('a role that does not exist, an unknown field and a bad scope are all named in one 422', async () => {
    const refused = await api.call('POST', '/api/v1/api-keys', {
      json: { name: 'x', role: 'king', scopes: ['NO'], colour: 1 },
    });
    expect(refused.status).toBe(422);
    const paths = (refused.body.errors as { path: string }[]).map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['role', 'colour', 'scopes']));
  });
});

describe('credentials', () => {
  it('none at all: 401 with a challenge', async () => {
    const refused = await api.call('GET', '/api/v1/me', { key: null });
    expect(refused).toMatchObject({ status: 401, body: { code: 'credentials_missing' } });
    expect(refused.headers['www-authenticate']).toContain('Bearer');
    expect(refused.headers['content-type']).toContain('application/problem+json');
  });

  it('a key that nobody issued: 401', async () => {
    expect((await api.call('GET', '/api/v1/me', { key: 'mr_nobody' })).status).toBe(401);
    expect((await api.call('GET', '/api/v1/me', { key: 'no-key-no-jwt' })).status).toBe(401);
  });

  it('a JWT counts when signature, algorithm, issuer, audience and expiry are right, and only then', async () => {
    const status = async (key: string) => (await api.call('GET', '/api/v1/me', { key })).status;
    expect((await api.call('GET', '/api/v1/me', { key: await jwt({}) })).body).toMatchObject({
      actor: 'jwt:user-1',
      role: 'editor',
      owner_id: 'user-1',
    });
    const supabase = await jwt({ role: 'authenticated', app_metadata: { role: 'operator' } });
    expect((await api.call('GET', '/api/v1/me', { key: supabase })).body).toMatchObject({ role: 'operator' });
    expect(await status(await jwt({}, (token) => token.setIssuer('https://other.example')))).toBe(401);
    expect(await status(await jwt({}, (token) => token.setAudience('other')))).toBe(401);
    expect(await status(await jwt({}, (token) => token.setExpirationTime(1)))).toBe(401);
    expect(await status(await jwt({ role: 'authenticated' }))).toBe(401);
    const [, payload = ''] = (await jwt({})).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    expect(await status(none)).toBe(401);
  });

  it('of a JWT without the role admin show only their own workflows', async () => {
    const mine = await jwt({});
    const other = await jwt({}, (token) => token.setSubject('user-2'));
    const made = await api.call('POST', '/api/v1/workflows', {
      key: mine,
      json: { name: 'Mine', owner_id: 'somebody', definition: DEFINITION },
    });
    expect(made.body).toMatchObject({ owner_id: 'user-1' });
    const path = `/api/v1/workflows/${made.body.id as string}`;
    expect((await api.call('GET', path, { key: mine })).status).toBe(200);
    for (const [method, at] of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/activate`],
      ['GET', `${path}/versions`],
      ['GET', `${path}/graph`],
    ] as const) {
      expect((await api.call(method, at, { key: other })).status).toBe(404);
    }
    expect((await api.call('GET', '/api/v1/workflows?owner_id=user-1', { key: other })).body.items).toEqual([]);
    expect((await api.call('GET', path)).status).toBe(200);
  });
});

describe('writes', () => {
  it('beyond the rate limit of a key are 429 with Retry-After; reads and other keys are not', async () => {
    const limited = await startApiApp({ RATE_LIMIT_API: '3/1h' });
    const key = await limited.key('editor');
    const write = () => limited.call('POST', '/api/v1/workflows/validate', { key, json: DEFINITION });
    for (let n = 0; n < 3; n++) expect((await write()).status).toBe(200);
    const refused = await write();
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await limited.call('GET', '/api/v1/me', { key })).status).toBe(200);
    expect((await limited.call('POST', '/api/v1/workflows/validate', { json: DEFINITION })).status).toBe(200);
    await limited.close();
  });

  it('that succeed are in the audit log with before and after, without secrets', async () => {
    const made = await api.call('POST', '/api/v1/workflows', { json: { name: 'Audited', definition: DEFINITION } });
    const id = made.body.id as string;
    await api.call('PATCH', `/api/v1/workflows/${id}`, { json: { description: 'new' } });
    await api.call('POST', `/api/v1/workflows/${id}/activate`);
    await api.call('PUT', '/api/v1/secrets/audited', { json: { value: 'hunter2-hunter2' } });
    await api.call('PATCH', `/api/v1/workflows/${id}`, { json: { colour: 'refused' } });
    await api.app.get(AuditLog, { strict: false }).settled();
    const { body } = await api.call('GET', `/api/v1/audit-log?resource=workflows/${id}`);
    const entries = body.items as Record<string, unknown>[];
    expect(entries.map(({ action }) => action)).toEqual(['workflows.activate', 'workflows.update', 'workflows.create']);
    expect(entries[1]).toMatchObject({ actor: 'admin', before: { description: '' }, after: { description: 'new' } });
    const all = await api.call('GET', '/api/v1/audit-log?action=secrets.update');
    expect(all.body.items).toMatchObject([{ resource: 'secrets/audited' }]);
    expect((await api.call('GET', '/api/v1/audit-log?limit=500')).text).not.toMatch(/hunter2|mr_[\w-]{43}/);
  });

  it('that were answered before a graceful stop are in the audit log after it', async () => {
    const stopping = await startApiApp();
    for (let n = 0; n < 20; n++) await stopping.call('PUT', `/api/v1/secrets/s${n}`, { json: { value: 'value' } });
    await stopping.close();
    const [row] = await stopping.database.database.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM audit_log',
    );
    expect(row?.count).toBe(20);
  });
});
