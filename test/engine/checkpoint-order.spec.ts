import pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';

let app: TestApp;
let remote: HoldingServer;

beforeAll(async () => {
  app = await startApp();
  remote = await startHoldingServer();
});

/** Nobody can write steps until the returned function is called. */
async function blockCheckpoints(): Promise<() => Promise<void>> {
  const session = new pg.Client({ connectionString: app.db.url });
  await session.connect();
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> => (ended ??= session.end());
  afterFile(end);
  await session.query('BEGIN; LOCK TABLE step_execution IN SHARE MODE');
  return end;
}

it('nothing that depends on a step starts before the checkpoint of that step is committed', async () => {
  const workflow = await app.api.create(`
name: order
steps:
  - {id: first, type: http, config: {method: POST, url: "${remote.url}/first"}}
  - {id: second, type: http, config: {method: POST, url: "${remote.url}/second"}}
`);
  remote.hold('/first');
  const id = await app.api.start(workflow);
  await eventually(() => expect(remote.count('/first')).toBe(1));
  const unblock = await blockCheckpoints();
  remote.letGo('/first');
  await eventually(async () => {
    const blocked = await app.db.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(blocked).toHaveLength(1);
  });
  // Whatever was sent together with the checkpoint comes before this.
  await fetch(`${remote.url}/after`);
  expect(remote.count('/second')).toBe(0);
  await unblock();
  await app.api.reaches(id, 'completed');
  expect(remote.count('/second')).toBe(1);
});
