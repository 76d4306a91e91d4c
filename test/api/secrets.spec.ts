import { beforeAll, expect, it } from 'vitest';
import { SecretStore } from '../../src/secrets/secret-store.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { eventually } from '../support/eventually.js';
import { type ApiApp, startApiApp } from '../support/api-app.js';

const VALUE = 'correct horse battery staple';
let api: ApiApp;
beforeAll(async () => {
  api = await startApiApp();
});

it('a value goes in and never out, and is sealed in the database', async () => {
  const put = await api.call('PUT', '/api/v1/secrets/api_token', {
    json: { value: VALUE, description: 'of the shop' },
  });
  expect(put).toMatchObject({ status: 200, body: { name: 'api_token', description: 'of the shop' } });
  for (const path of ['/api/v1/secrets', '/api/v1/secrets/api_token']) {
    expect((await api.call('GET', path)).text).not.toContain('horse');
  }
  expect(put.text).not.toContain('horse');
  const rows = await api.database.database.query<{ sealed: Buffer }>('SELECT sealed FROM secret');
  expect(rows[0]!.sealed.toString('latin1')).not.toContain('horse');
});

it('the store opens it, and from then on it is redacted', async () => {
  await api.call('PUT', '/api/v1/secrets/opened', { json: { value: VALUE } });
  const store = api.app.get(SecretStore, { strict: false });
  expect(await store.get('opened')).toBe(VALUE);
  expect(await store.get('nowhere')).toBeUndefined();
  expect(await store.names()).toContain('opened');
  expect(api.app.get(Redactor, { strict: false }).text(`Bearer ${VALUE}`)).not.toContain('horse');
});

it('a new value is seen at once by steps that start from then on', async () => {
  const store = api.app.get(SecretStore, { strict: false });
  await api.call('PUT', '/api/v1/secrets/changing', { json: { value: 'first value' } });
  expect(await store.get('changing')).toBe('first value');
  await api.call('PUT', '/api/v1/secrets/changing', { json: { value: 'second value' } });
  await eventually(async () => expect(await store.get('changing')).toBe('second value'));
  await api.call('DELETE', '/api/v1/secrets/changing');
  await eventually(async () => expect(await store.get('changing')).toBeUndefined());
});

it('POST adds and refuses a name that is there; DELETE of none is 404; a bad name is 422', async () => {
  expect((await api.call('POST', '/api/v1/secrets', { json: { name: 'once', value: 'v' } })).status).toBe(201);
  const again = await api.call('POST', '/api/v1/secrets', { json: { name: 'once', value: 'v' } });
  expect(again).toMatchObject({ status: 409, body: { code: 'secret_exists' } });
  expect((await api.call('DELETE', '/api/v1/secrets/nowhere')).status).toBe(404);
  expect((await api.call('PUT', '/api/v1/secrets/no-dashes', { json: { value: 'v' } })).status).toBe(422);
});

it('under another SECRET_KEY a secret is refused with a clear error, not opened as rubbish', async () => {
  await api.call('PUT', '/api/v1/secrets/sealed', { json: { value: VALUE } });
  await api.database.database.query(`UPDATE secret SET key_id = 'another' WHERE name = 'sealed'`);
  const store = api.app.get(SecretStore, { strict: false });
  await expect(store.get('sealed')).rejects.toMatchObject({
    code: 'secret_unreadable',
    message: expect.stringContaining('SECRET_KEY') as string,
  });
});
