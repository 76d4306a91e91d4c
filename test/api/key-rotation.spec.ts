import { expect, it } from 'vitest';
import { step } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer } from '../support/recording-server.js';
import { createTestDatabase } from '../support/test-database.js';

const OLD = 'the old secret key, long enough for all';
const NEW = 'the new secret key, long enough for all';
const USES = `
name: uses both
steps:
  - {id: secret, type: http, config: {url: "URL/a", auth: {type: bearer, token: "{{ secrets.token }}"}}}
  - {id: db, type: database, config: {connection: shop, operation: query, sql: "SELECT 1 AS one"}}
`;

it('a start with a new SECRET_KEY and the previous one seals secrets and connections anew', async () => {
  const shop = await startRecordingServer((_call, response) => response.end('{}'));
  const db = await createTestDatabase();
  const first = await startApp({ SECRET_KEY: OLD }, db);
  await first.api.post('/secrets', { name: 'token', value: 'a token of before' });
  await first.api.post('/connections', { name: 'shop', type: 'database', config: { driver: 'sqlite', file: 'r.db' } });
  const workflow = await first.api.create(USES.replace('URL', shop.url));
  const keys = async (): Promise<Set<string>> => {
    const rows = await db.database.query<{ key_id: string }>(
      'SELECT key_id FROM secret UNION ALL SELECT key_id FROM connection',
    );
    expect(rows).toHaveLength(2);
    return new Set(rows.map(({ key_id }) => key_id));
  };
  const [before] = await keys();
  await first.close();

  const rotating = await startApp({ SECRET_KEY: NEW, SECRET_KEY_PREVIOUS: OLD }, db);
  const after = await keys();
  expect(after.size).toBe(1);
  expect(after).not.toContain(before);
  await rotating.close();

  const { api } = await startApp({ SECRET_KEY: NEW }, db);
  const execution = await api.reaches(await api.start(workflow), 'completed');
  expect(step(execution, 'db').output.rows).toEqual([{ one: 1 }]);
  expect(shop.calls[0]?.headers.authorization).toBe('Bearer a token of before');
});

it('what no key opens stays as it is, and a step says what to do', async () => {
  const db = await createTestDatabase();
  const first = await startApp({ SECRET_KEY: OLD }, db);
  await first.api.post('/secrets', { name: 'token', value: 'a token of before' });
  const workflow = await first.api.create(
    'name: unreadable\nsteps: [{id: a, type: http, config: {url: "http://127.0.0.1:1/{{ secrets.token }}"}}]',
  );
  const [before] = await db.database.query('SELECT key_id, sealed FROM secret');
  await first.close();
  const { api } = await startApp({ SECRET_KEY: NEW }, db);
  expect(await db.database.query('SELECT key_id, sealed FROM secret')).toEqual([before]);
  const failed = await api.reaches(await api.start(workflow), 'failed');
  expect(failed.error?.code).toBe('secret_unreadable');
  expect(failed.error?.message).toContain('SECRET_KEY_PREVIOUS');
});
