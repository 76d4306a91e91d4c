import { beforeAll, describe, expect, it, vi } from 'vitest';
import { Children } from '../../src/engine/children/children.service.js';
import { Reconciler } from '../../src/engine/maintenance/reconciler.js';
import type { Suspended } from '../../src/engine/suspension/suspensions.js';
import { statuses, step, type Api, type ExecutionView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { createTestDatabase } from '../support/test-database.js';
import { loseOwner } from '../support/lost-owner.js';

type Child = ExecutionView & { parent_id: string; priority: number; version: number };

let app: TestApp;
let api: Api;
let remote: HoldingServer;

beforeAll(async () => {
  app = await startApp({ SUBWORKFLOW_MAX_DEPTH: '4' });
  api = app.api;
  remote = await startHoldingServer();
});

const call = (path: string): string => `type: http, config: {method: POST, url: "${remote.url}/${path}"}`;
const children = async (id: string): Promise<Child[]> => {
  const { status, body } = await api.get(`/executions?parent_id=${id}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return (body.items as Child[]).toReversed();
};
const onlyChild = async (id: string): Promise<Child> => {
  const found = await children(id);
  expect(found.length).toBe(1);
  return found[0] as Child;
};
const onlyChildSoon = (id: string): Promise<Child> => eventually(() => onlyChild(id));

const doubling = (slug: string): Promise<string> =>
  api.create(`
name: ${slug}
input_schema: {type: object, required: [n], properties: {n: {type: integer}}}
steps: [{id: twice, type: transform, config: {expression: input.n * 2}}]
`);

describe('a subworkflow', () => {
  it('runs an execution of its own with the input, and gives its output', async () => {
    await doubling('doubling');
    const parent = await api.run(
      `
name: parent of doubling
steps:
  - {id: sub, type: subworkflow, config: {workflow: doubling, input: {n: "{{ input.n }}"}}}
  - {id: after, type: transform, config: {expression: steps.sub.output.output + 1}}
`,
      { input: { n: 20 }, priority: 8 },
    );
    const child = await onlyChild(parent.id);
    expect(parent.output).toBe(41);
    expect(step(parent, 'sub').output).toEqual({ execution_id: child.id, status: 'completed', output: 40 });
    expect(child).toMatchObject({
      parent_id: parent.id,
      trigger_type: 'subworkflow',
      status: 'completed',
      input: { n: 20 },
      priority: 8,
    });
    expect((await api.get(`/workflows/doubling/statistics`)).body.totals).toMatchObject({
      executions: 1,
      completed: 1,
    });
  });

  it('shows what it waits for, and holds no slot meanwhile', async () => {
    remote.hold('/shown');
    await api.create(`name: shown\nsteps: [{id: a, ${call('shown')}}]`);
    const id = await api.start(
      await api.create('name: shows\nsteps: [{id: sub, type: subworkflow, config: {workflow: shown}}]'),
    );
    const parent = await api.reaches(id, 'waiting');
    const child = await onlyChild(id);
    expect(step(parent, 'sub').waiting).toMatchObject({ for: 'child', until: null, execution_id: child.id });
    remote.letGo('/shown');
    expect(statuses(await api.reaches(id, 'completed'))).toEqual({ sub: 'completed' });
  });

  it('takes the version that it names, else the deployed one, else the latest', async () => {
    const version = (n: number): string =>
      `name: versions\nsteps: [{id: n, type: transform, config: {expression: "${n}"}}]`;
    const workflow = await api.create(version(1));
    const using = async (config: string): Promise<unknown> => {
      const yaml = `name: uses versions\nsteps: [{id: sub, type: subworkflow, config: {workflow: "${workflow}"${config}}}]`;
      return (await api.run(yaml)).output.output;
    };
    const put = await api.call('PUT', `/workflows/${workflow}`, version(2), { 'content-type': 'application/yaml' });
    expect(put.status).toBe(200);
    expect(await using('')).toBe(2);
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`, { version: 1 })).status).toBe(201);
    expect(await using('')).toBe(1);
    expect(await using(', version: 2')).toBe(2);
  });

  it.each([
    ['fails', '{id: a, type: fail, config: {message: "no stock", code: no_stock}}', 'failed', 'no_stock'],
    ['takes too long', '{id: a, type: wait, config: {duration: 1h}}', 'timed_out', 'timeout'],
  ])('fails when its execution %s, with that error in the details', async (name, body, status, code) => {
    await api.create(`name: "ends badly ${status}"\ntimeout: 200ms\nsteps: [${body}]`);
    const parent = await api.run(
      `name: has bad child\nsteps: [{id: sub, type: subworkflow, config: {workflow: ends-badly-${status.replace('_', '-')}}}]`,
    );
    const child = await onlyChild(parent.id);
    expect(parent.status, name).toBe('failed');
    expect(parent.error).toMatchObject({
      code: 'subworkflow_failed',
      step_path: 'sub',
      details: { execution_id: child.id, status, error: { code } },
    });
  });

  it('starts a new execution with each attempt of its retry policy', async () => {
    remote.fail('/second-time', 1);
    await api.create(`name: second time\nsteps: [{id: a, ${call('second-time')}}]`);
    const parent = await api.run(`
name: tries twice
steps:
  - {id: sub, type: subworkflow, config: {workflow: second-time}, retry_policy: {max_attempts: 2, initial_delay: 10ms}}
`);
    expect((await children(parent.id)).map((child) => child.status)).toEqual(['failed', 'completed']);
    expect(step(parent, 'sub')).toMatchObject({ attempt: 2, attempts: [{ error: { code: 'subworkflow_failed' } }] });
  });

  it('is cancelled when the step has waited for its timeout', async () => {
    remote.hold('/too-slow');
    await api.create(`name: too slow\nsteps: [{id: a, ${call('too-slow')}}]`);
    const parent = await api.run(
      'name: impatient\nsteps: [{id: sub, type: subworkflow, timeout: 300ms, config: {workflow: too-slow}}]',
    );
    expect(parent.error).toMatchObject({ code: 'timeout', step_path: 'sub' });
    const child = await onlyChild(parent.id);
    await api.reaches(child.id, 'cancelled');
    remote.letGo('/too-slow');
  });

  it.each([
    ['workflow_not_found', 'nowhere', ''],
    ['version_not_found', 'doubling', ', version: 99'],
    ['input_invalid', 'doubling', ', input: {n: many}'],
  ])('fails with %s when there is nothing to start, and is not tried again', async (code, workflow, more) => {
    const parent = await api.run(`
name: refused ${code}
steps: [{id: sub, type: subworkflow, config: {workflow: ${workflow}${more}}, retry_policy: {max_attempts: 3}}]
`);
    expect(parent.error).toMatchObject({ code, step_path: 'sub' });
    expect(step(parent, 'sub').attempt).toBe(1);
    expect(await children(parent.id)).toEqual([]);
  });

  it('does not find what belongs to another owner', async () => {
    const steps = [{ id: 'a', type: 'log', config: { message: 'x' } }];
    const using = [{ id: 'sub', type: 'subworkflow', config: { workflow: 'hers' } }];
    for (const [name, owner_id, list] of [
      ['hers', 'ada', steps],
      ['her own', 'ada', using],
      ['his', 'bob', using],
    ]) {
      const { status } = await api.post('/workflows', { name, owner_id, definition: { name, steps: list } });
      expect(status).toBe(201);
    }
    await api.reaches(await api.start('her-own'), 'completed');
    const parent = await api.reaches(await api.start('his'), 'failed');
    expect(parent.error).toMatchObject({ code: 'workflow_not_found' });
  });

  it('of itself fails at the depth limit', async () => {
    const parent = await api.run('name: endless\nsteps: [{id: again, type: subworkflow, config: {workflow: endless}}]');
    let depth = 0;
    let last: ExecutionView = parent;
    for (let found = await children(parent.id); found[0] !== undefined; found = await children(last.id)) {
      depth++;
      last = found[0];
    }
    expect(depth).toBe(4);
    expect(last.error).toMatchObject({ code: 'depth_exceeded' });
    expect(parent.error).toMatchObject({ code: 'subworkflow_failed' });
  });

  it('keeps to the concurrency rule of its workflow', async () => {
    remote.hold('/one-at-a-time');
    const limited = (rule: string): string =>
      `name: limited ${rule}\nconcurrency: {limit: 1, on_limit: ${rule}}\nsteps: [{id: a, ${call('one-at-a-time')}}]`;
    const [queues, fails, skips] = [limited('queue'), limited('fail'), limited('skip')];
    for (const yaml of [queues, fails, skips]) await api.start(await api.create(yaml));
    await eventually(() => expect(remote.count('/one-at-a-time')).toBe(3));
    const using = (rule: string): string =>
      `name: uses ${rule}\nsteps: [{id: sub, type: subworkflow, config: {workflow: limited-${rule}}}]`;
    expect((await api.run(using('skip'))).error).toMatchObject({ code: 'concurrency_limit' });
    const failed = await api.run(using('fail'));
    expect(failed.error).toMatchObject({ code: 'concurrency_limit' });
    expect((await onlyChild(failed.id)).status).toBe('failed');
    const waiting = await api.start(await api.create(using('queue')));
    expect((await onlyChildSoon(waiting)).status).toBe('queued');
    remote.letGo('/one-at-a-time');
    await api.reaches(waiting, 'completed');
  });

  it('that is not waited for is started once, whatever becomes of the step that started it', async () => {
    remote.hold('/let-go');
    await api.create(`name: let go\nsteps: [{id: a, ${call('let-go')}}]`);
    const parent = await api.run(`
name: starts and goes on
steps:
  - {id: sub, type: subworkflow, config: {workflow: let-go, wait: false}}
  - {id: after, type: transform, config: {expression: steps.sub.output.status}}
`);
    const child = await onlyChild(parent.id);
    expect(parent.output).toBe('queued');
    expect(step(parent, 'sub').output).toEqual({ execution_id: child.id, status: 'queued', output: null });
    await eventually(() => expect(remote.count('/let-go')).toBe(1));
    remote.letGo('/let-go');
    await api.reaches(child.id, 'completed');
  });

  it('goes on when its owner is lost while the child runs: nothing is started twice', async () => {
    remote.hold('/outlives');
    remote.hold('/beside');
    await api.create(`name: outlives\nsteps: [{id: a, ${call('outlives')}}]`);
    const id = await api.start(
      await api.create(`
name: lost parent
steps:
  - {id: sub, type: subworkflow, config: {workflow: outlives}}
  - {id: beside, is_parallel: true, type: http, config: {url: "${remote.url}/beside"}}
`),
    );
    await eventually(() => expect([remote.count('/outlives'), remote.count('/beside')]).toEqual([1, 1]));
    await loseOwner(app, id);
    remote.letGo('/outlives');
    remote.letGo('/beside');
    expect(statuses(await api.reaches(id, 'completed'))).toEqual({ sub: 'completed', beside: 'completed' });
    expect((await children(id)).length).toBe(1);
    expect(remote.count('/beside')).toBe(2);
    expect(remote.count('/outlives')).toBe(1);
  });
});

describe('what a crash leaves behind', () => {
  it('the end of a child that nobody has told its parent: the next that looks after timers does', async () => {
    const db = await createTestDatabase();
    const worker = await startApp({ ROLES: 'api,worker' }, db);
    await worker.api.create('name: told late\nsteps: [{id: a, type: log, config: {message: x}}]');
    const id = await worker.api.start(
      await worker.api.create('name: hears late\nsteps: [{id: sub, type: subworkflow, config: {workflow: told-late}}]'),
    );
    await eventually(async () => {
      const { body } = await worker.api.get(`/executions?parent_id=${id}&status=completed`);
      expect(body.items.length).toBe(1);
    });
    expect((await worker.api.execution(id)).status).toBe('waiting');
    await worker.close();
    const next = await startApp({}, db);
    expect(statuses(await next.api.reaches(id, 'completed'))).toEqual({ sub: 'completed' });
  });

  it.each([
    ['subworkflow', '{id: s, type: subworkflow, config: {workflow: reopened}}', 1],
    [
      'loop',
      '{id: s, type: loop, config: {times: 3, distribute: true, steps: [{id: a, type: wait, config: {duration: 1h}}]}}',
      3,
    ],
  ])('a commit that was not seen: a %s that is opened again starts nothing twice', async (type, yaml, count) => {
    if (type === 'subworkflow')
      await api.create('name: reopened\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const children = app.app.get(Children);
    const opened: Suspended[] = [];
    const open = children.open.bind(children);
    const spy = vi.spyOn(children, 'open').mockImplementation(async (client, steps, afterCommit) => {
      opened.push(...steps);
      await open(client, steps, afterCommit);
    });
    const id = await api.start(await api.create(`name: reopens ${type}\nsteps: [${yaml}]`));
    await api.reaches(id, 'waiting');
    spy.mockRestore();
    const own = opened.filter((step) => step.executionId === id);
    expect(own.length).toBe(1);
    await app.db.database.transaction((client) => open(client, own, (act) => act()));
    const { body } = await api.get(`/executions?parent_id=${id}`);
    expect(body.items.length).toBe(count);
    await api.post(`/executions/${id}/cancel`);
  });
});

describe('cancelling a parent', () => {
  it('cancels its children and theirs: running work is aborted, and nothing runs afterwards', async () => {
    remote.hold('/grandchild');
    await api.create(`name: grandchild\nsteps: [{id: a, ${call('grandchild')}}, {id: b, ${call('never')}}]`);
    await api.create('name: child\nsteps: [{id: sub, type: subworkflow, config: {workflow: grandchild}}]');
    const id = await api.start(
      await api.create('name: grandparent\nsteps: [{id: sub, type: subworkflow, config: {workflow: child}}]'),
    );
    await eventually(() => expect(remote.count('/grandchild')).toBe(1));
    const child = await onlyChild(id);
    const grandchild = await onlyChild(child.id);
    expect((await api.post(`/executions/${id}/cancel`)).status).toBe(200);
    for (const each of [id, child.id, grandchild.id]) await api.reaches(each, 'cancelled');
    remote.letGo('/grandchild');
    await app.app.get(Reconciler).tick();
    expect(remote.count('/never')).toBe(0);
  });

  it('leaves a child alone that it does not wait for', async () => {
    remote.hold('/independent');
    await api.create(`name: independent\nsteps: [{id: a, ${call('independent')}}]`);
    const id = await api.start(
      await api.create(`
name: lets go
steps:
  - {id: sub, type: subworkflow, config: {workflow: independent, wait: false}}
  - {id: nap, type: wait, config: {duration: 1h}}
`),
    );
    await eventually(() => expect(remote.count('/independent')).toBe(1));
    await api.reaches(id, 'waiting');
    await api.post(`/executions/${id}/cancel`);
    await api.reaches(id, 'cancelled');
    remote.letGo('/independent');
    await api.reaches((await onlyChild(id)).id, 'completed');
  });

  it('runs finally of a child', async () => {
    await api.create(`
name: tidy
steps: [{id: nap, type: wait, config: {duration: 1h}}]
finally: [{id: tidy, ${call('tidied')}}]
`);
    const id = await api.start(
      await api.create('name: untidy\nsteps: [{id: sub, type: subworkflow, config: {workflow: tidy}}]'),
    );
    const child = await onlyChildSoon(id);
    await api.reaches(child.id, 'waiting');
    await api.post(`/executions/${id}/cancel`);
    await api.reaches(child.id, 'cancelled');
    expect(remote.count('/tidied')).toBe(1);
  });

  it('by its timeout cancels them too', async () => {
    await api.create('name: sleeps\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
    const parent = await api.run(
      'name: short of time\ntimeout: 300ms\nsteps: [{id: sub, type: subworkflow, config: {workflow: sleeps}}]',
    );
    expect(parent.status).toBe('timed_out');
    await api.reaches((await onlyChild(parent.id)).id, 'cancelled');
  });
});

it('cancelling a child fails the step that waits for it', async () => {
  await api.create('name: victim\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]');
  const id = await api.start(
    await api.create('name: bereft\nsteps: [{id: sub, type: subworkflow, config: {workflow: victim}}]'),
  );
  const child = await onlyChildSoon(id);
  await api.reaches(child.id, 'waiting');
  await api.post(`/executions/${child.id}/cancel`);
  expect((await api.reaches(id, 'failed')).error).toMatchObject({
    code: 'subworkflow_failed',
    details: { status: 'cancelled' },
  });
});

it('the end of a child finds a paused parent: it goes on when it is resumed', async () => {
  remote.hold('/meanwhile');
  await api.create(`name: meanwhile\nsteps: [{id: a, ${call('meanwhile')}}]`);
  const id = await api.start(
    await api.create('name: pausing\nsteps: [{id: sub, type: subworkflow, config: {workflow: meanwhile}}]'),
  );
  await eventually(() => expect(remote.count('/meanwhile')).toBe(1));
  await api.reaches(id, 'waiting');
  await api.post(`/executions/${id}/pause`);
  remote.letGo('/meanwhile');
  await api.reaches((await onlyChild(id)).id, 'completed');
  expect((await api.execution(id)).status).toBe('paused');
  await api.post(`/executions/${id}/resume`);
  await api.reaches(id, 'completed');
});
