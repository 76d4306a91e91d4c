import { beforeAll, describe, expect, it } from 'vitest';
import { ExecutionQueue, type ExecutionJob } from '../../src/common/queue/execution-queue.js';
import { GroupCommit } from '../../src/common/database/group-commit.js';
import { acceptStatement } from '../../src/engine/start/accept.statement.js';
import { Replica } from '../../src/engine/replica.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { unhurried } from '../support/unhurried.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { newId } from '../../src/common/ids.js';

let remote: HoldingServer;

beforeAll(async () => {
  remote = await startHoldingServer();
});

/** Executions whose job the queue was given. */
function queuedBy({ app }: TestApp): string[] {
  const queue = app.get(ExecutionQueue);
  const queued: string[] = [];
  const add = queue.add.bind(queue);
  queue.add = (jobs: readonly ExecutionJob[]): void => {
    queued.push(...jobs.map(({ executionId }) => executionId));
    add(jobs);
  };
  return queued;
}

async function isIdle({ app }: TestApp): Promise<void> {
  unhurried(app);
  await eventually(() => expect(app.get(ExecutionQueue).isIdle).toBe(true));
}

const HOLD = (url: string): string =>
  `steps: [{id: hold, type: http, config: {method: POST, url: "${url}/{{ input.n }}", body: "{{ input.n }}"}}]`;

describe('an execution', () => {
  it('that an idle worker of the same process takes goes by no queue', async () => {
    const one = await startApp();
    await isIdle(one);
    const queued = queuedBy(one);
    const workflow = await one.api.create('name: direct\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]');
    const id = await one.api.start(workflow, { input: { a: 1 } });
    await one.api.reaches(id, 'completed');
    const rows = await one.db.database.query<{ epoch: number }>('SELECT epoch FROM execution WHERE id = $1', [id]);
    expect({ queued, epoch: rows[0]?.epoch }).toEqual({ queued: [], epoch: 1 });
  });

  it('goes by the queue where the process has no worker', async () => {
    const one = await startApp({ ROLES: 'api' });
    const queued = queuedBy(one);
    const workflow = await one.api.create('name: queued\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]');
    const id = await one.api.start(workflow, { input: {} });
    expect(queued).toEqual([id]);
  });

  it('goes by the queue while its worker has no room, and is taken when there is', async () => {
    const one = await startApp({ WORKER_CONCURRENCY: '3' });
    await isIdle(one);
    const queued = queuedBy(one);
    const workflow = await one.api.create(`name: full\n${HOLD(remote.url)}`);
    for (const n of [1, 2, 3, 4]) remote.hold(`/full-${n}`);
    const ids: string[] = [];
    for (const n of ['full-1', 'full-2', 'full-3', 'full-4']) ids.push(await one.api.start(workflow, { input: { n } }));
    for (const n of [1, 2, 3]) await eventually(() => expect(remote.count(`/full-${n}`)).toBe(1));
    // Two at once, and one queue job; the fourth waits its turn although it was accepted by the same process.
    expect(queued).toEqual(ids.slice(2));
    expect(remote.count('/full-4')).toBe(0);
    // A direct one ends: the queue's worker hears of the room.
    remote.letGo('/full-1');
    await eventually(() => expect(remote.count('/full-4')).toBe(1));
    for (const n of [2, 3, 4]) remote.letGo(`/full-${n}`);
    for (const id of ids) await one.api.reaches(id, 'completed');
  });

  it('whose accept went through unseen is claimed once more by its owner, and counts once', async () => {
    const one = await startApp();
    await isIdle(one);
    const workflow = await one.api.create('name: unseen\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]');
    const executionId = newId();
    const owner = one.app.get(Replica).id;
    const execution = {
      workflowId: workflow,
      version: 1,
      input: {},
      variables: {},
      priority: 5,
      triggerId: null,
      triggerType: 'api',
      trigger: null,
      createdBy: null,
    };
    const request = { occurrence: null, execution, key: null };
    const row = {
      request,
      executionId,
      timeoutMs: 60_000,
      awaitedBy: null,
      place: null,
      parent: null,
      traceParent: null,
      owner,
    };
    const commit = one.app.get(GroupCommit);
    const first = await commit.submit(acceptStatement, row);
    expect(first.claimedAt).toBeInstanceOf(Date);
    expect((await commit.submit(acceptStatement, row)).claimedAt).toBeNull();
    expect(await one.db.database.query('SELECT status, epoch FROM execution')).toEqual([
      { status: 'running', epoch: 1 },
    ]);
  });
});
