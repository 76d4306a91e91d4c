import { beforeAll, describe, expect, it } from 'vitest';
import { GroupCommit } from '../../src/common/database/group-commit.js';
import { newId } from '../../src/common/ids.js';
import { claimStatement } from '../../src/engine/run/claim.statement.js';
import { RunnerHolds } from '../../src/engine/run/runner-holds.js';
import { statuses } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';

let app: TestApp;
let remote: HoldingServer;
/** Another replica, which lives. */
const OTHER = newId();

beforeAll(async () => {
  app = await startApp();
  remote = await startHoldingServer();
  await app.db.database.query(
    `INSERT INTO replica (id, host, pid, process_token, roles, expires_at)
     VALUES ($1, 'elsewhere', 1, 'x', '{worker}', now() + interval '1 hour')`,
    [OTHER],
  );
});

/** Starts calls to these paths in a row, and gives the execution to another owner while the first of them is in flight. */
async function takenAway(name: string, paths: readonly string[]): Promise<string> {
  const [first = ''] = paths;
  remote.hold(`/${name}/${first}`);
  const steps = paths.map(
    (path) => `  - {id: ${path}, type: http, config: {method: POST, url: "${remote.url}/${name}/${path}"}}`,
  );
  const id = await app.api.start(await app.api.create([`name: ${name}`, 'steps:', ...steps].join('\n')));
  await eventually(() => expect(remote.count(`/${name}/${first}`)).toBe(1));
  await app.db.database.query('UPDATE execution SET epoch = epoch + 1, owner = $2 WHERE id = $1', [id, OTHER]);
  remote.letGo(`/${name}/${first}`);
  await eventually(() => expect(app.app.get(RunnerHolds).has(id)).toBe(false));
  return id;
}

describe('an owner whose epoch has passed', () => {
  it('records no step and starts no further one', async () => {
    const id = await takenAway('between', ['flight', 'next']);
    expect(statuses(await app.api.execution(id))).toEqual({ flight: 'running' });
    expect(remote.count('/between/next')).toBe(0);
  });

  it('cannot end the execution', async () => {
    const id = await takenAway('last', ['flight']);
    const [row] = await app.db.database.query('SELECT status, owner FROM execution WHERE id = $1', [id]);
    expect(row).toEqual({ status: 'running', owner: OTHER });
  });
});

describe('an execution that is not queued', () => {
  const claim = (executionId: string) =>
    app.app.get(GroupCommit).submit(claimStatement, { executionId, owner: newId() });

  it('cannot be claimed, whatever the queue hands out', async () => {
    const waiting = await app.api.start(
      await app.api.create('name: w\nsteps: [{id: rest, type: wait, config: {duration: 1h}}]'),
    );
    await app.api.reaches(waiting, 'waiting');
    expect(await claim(waiting)).toBeNull();
    expect((await app.api.post(`/executions/${waiting}/pause`)).status).toBe(200);
    expect(await claim(waiting)).toBeNull();
    const ended = await app.api.start(
      await app.api.create('name: e\nsteps: [{id: one, type: log, config: {message: a}}]'),
    );
    await app.api.reaches(ended, 'completed');
    expect(await claim(ended)).toBeNull();
    await takenAway('held', ['flight']).then(async (held) => expect(await claim(held)).toBeNull());
  });
});
