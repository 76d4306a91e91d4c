import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { describe, expect, it } from 'vitest';
import { Database } from '../../src/common/database/database.js';
import { startApiApp } from '../support/api-app.js';
import { startApp } from '../support/app.js';
import { startRecordingServer } from '../support/recording-server.js';

describe('settings do what they say', () => {
  it('CORS_ORIGINS: pages of these origins may call the API, others not', async () => {
    const api = await startApiApp({ CORS_ORIGINS: 'https://app.example.com' });
    const preflight = async (origin: string) =>
      (
        await api.call('OPTIONS', '/api/v1/workflows', {
          key: null,
          headers: {
            origin,
            'access-control-request-method': 'POST',
            'access-control-request-headers': 'authorization',
          },
        })
      ).headers['access-control-allow-origin'];
    expect(await preflight('https://app.example.com')).toBe('https://app.example.com');
    expect(await preflight('https://evil.example.com')).toBeUndefined();
    const { headers } = await api.call('GET', '/api/v1/workflows', { headers: { origin: 'https://app.example.com' } });
    expect(headers['access-control-allow-origin']).toBe('https://app.example.com');
    await api.close();
  });

  it('CORS_ORIGINS not set: no page of another origin may', async () => {
    const api = await startApiApp();
    const { headers } = await api.call('GET', '/api/v1/workflows', { headers: { origin: 'https://app.example.com' } });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    await api.close();
  });

  it('JWKS_URL, JWT_ISSUER, JWT_AUDIENCE: tokens signed by a key of that set count, and no others', async () => {
    const [mine, other] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
    const jwk = { ...(await exportJWK(mine.publicKey)), kid: 'k1', alg: 'RS256' };
    const issuer = await startRecordingServer((_call, response) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] })),
    );
    const api = await startApiApp({ JWKS_URL: issuer.url, JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'mill' });
    const token = (key: CryptoKey, audience = 'mill') =>
      new SignJWT({ role: 'operator' })
        .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
        .setSubject('someone')
        .setIssuer('https://issuer.example')
        .setAudience(audience)
        .setExpirationTime('5m')
        .sign(key);
    const me = async (key: string) => await api.call('GET', '/api/v1/me', { key });
    expect((await me(await token(mine.privateKey))).body).toMatchObject({ role: 'operator', owner_id: 'someone' });
    expect((await me(await token(other.privateKey))).status).toBe(401);
    expect((await me(await token(mine.privateKey, 'another'))).status).toBe(401);
    // The algorithm is fixed: a public key is no shared secret.
    const secret = new TextEncoder().encode(JSON.stringify(jwk));
    const forged = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setSubject('someone')
      .setIssuer('https://issuer.example')
      .setAudience('mill')
      .setExpirationTime('5m')
      .sign(secret);
    expect((await me(forged)).status).toBe(401);
    await api.close();
  });

  it('DATABASE_POOL_SIZE: so many connections at a time, and what wants more waits for its turn', async () => {
    const api = await startApiApp({ DATABASE_POOL_SIZE: '3' });
    const { pool } = api.app.get(Database, { strict: false });
    const held = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
    const fourth = pool.connect();
    expect(pool).toMatchObject({ totalCount: 3, waitingCount: 1 });
    held[0].release();
    (await fourth).release();
    for (const client of held.slice(1)) client.release();
    await api.close();
  });

  it('EXECUTION_TIMEOUT: ends an execution whose definition says nothing', async () => {
    const app = await startApp({ EXECUTION_TIMEOUT: '1s' });
    const id = await app.api.create('name: slow\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const execution = await app.api.start(id);
    expect(await app.api.reaches(execution, 'timed_out')).toMatchObject({ error: { code: 'timeout' } });
    await app.close();
  });
});
