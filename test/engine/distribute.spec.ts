import { beforeAll, describe, expect, it } from 'vitest';
import { PlacesChore } from '../../src/engine/concurrency/places-chore.js';
import { statuses, step, type Api, type ExecutionView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { allItems } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';

let app: TestApp;
let api: Api;
let remote: HoldingServer;

beforeAll(async () => {
  app = await startApp({ WORKER_CONCURRENCY: '20' });
  api = app.api;
  remote = await startHoldingServer();
});

const call = (path: string): string => `type: http, config: {method: POST, url: "${remote.url}/${path}"}`;
const passes = async (id: string): Promise<ExecutionView[]> =>
  (await allItems<ExecutionView>(api, `/executions?parent_id=${id}`)).toReversed();
const passAt = async (id: string, index: number): Promise<ExecutionView> => {
  const found = (await passes(id)).findLast((pass) => pass.input.index === index);
  if (found === undefined) throw new Error(`no pass ${index}`);
  return await api.execution(found.id);
};

describe('a distributed loop', () => {
  it('runs each pass as an execution of its own, which sees what the loop stands in, and gives the results in order', async () => {
    const parent = await api.run(
      `
name: distributed
variables: {base: 100}
steps:
  - {id: first, type: set, config: {values: {add: 7}}}
  - id: each
    type: loop
    config: {items: "{{ input.rows }}", item_variable: row, distribute: true, max_concurrency: 3}
    steps:
      - {id: twice, type: set, config: {values: {n: "{{ item * 2 }}", same: "{{ row == item }}"}}}
      - id: sum
        type: transform
        config:
          expression: variables.base + steps.first.output.add + steps.twice.output.n + index * input.factor
  - {id: after, type: transform, config: {expression: steps.each.output}}
`,
      { input: { rows: [5, 6, 7, 8], factor: 1000 } },
    );
    expect(parent.output).toEqual({ results: [117, 1119, 2121, 3123], count: 4, failed: 0 });
    expect(statuses(parent)).toEqual({ first: 'completed', each: 'completed', after: 'completed' });
    const found = await passes(parent.id);
    expect(found.map((pass) => [pass.trigger_type, pass.input])).toEqual(
      [5, 6, 7, 8].map((item, index) => ['loop', { item, index }]),
    );
    expect(statuses(await passAt(parent.id, 3))).toEqual({ 'each[3].twice': 'completed', 'each[3].sum': 'completed' });
  });

  it('takes batches, runs so many times, and completes at once over nothing', async () => {
    const run = async (config: string): Promise<unknown> =>
      (
        await api.run(`
name: kinds
steps:
  - id: each
    type: loop
    config: {${config}, distribute: true, max_concurrency: 2}
    steps: [{id: a, type: transform, config: {expression: item}}]
`)
      ).output;
    expect(await run('items: [1, 2, 3], batch_size: 2')).toEqual({ results: [[1, 2], [3]], count: 2, failed: 0 });
    expect(await run('times: 3')).toEqual({ results: [0, 1, 2], count: 3, failed: 0 });
    expect(await run('items: []')).toEqual({ results: [], count: 0, failed: 0 });
  });

  it('of a condition is refused at validation, and one with more passes than max_iterations fails', async () => {
    const definition = (config: string): string =>
      `name: x\nsteps: [{id: each, type: loop, config: {${config}, distribute: true, steps: [{id: a, type: log, config: {message: x}}]}}]`;
    const answer = await api.call('POST', '/workflows', definition('while: "index < 3"'), {
      'content-type': 'application/yaml',
    });
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ path: 'steps[0].config.distribute', code: 'value_invalid' }]);
    expect((await api.run(definition('times: 5, max_iterations: 4'))).error).toMatchObject({ code: 'max_iterations' });
  });

  it('has as many passes under way as max_concurrency says', async () => {
    remote.hold('/bounded');
    const id = await api.start(
      await api.create(`
name: bounded
steps:
  - {id: each, type: loop, config: {times: 6, distribute: true, max_concurrency: 2}, steps: [{id: a, ${call('bounded')}}]}
`),
    );
    await eventually(() => expect(remote.count('/bounded')).toBe(2));
    expect((await passes(id)).map((pass) => pass.status).sort()).toEqual([
      ...Array<string>(4).fill('queued'),
      ...Array<string>(2).fill('running'),
    ]);
    expect(step(await api.execution(id), 'each').waiting).toMatchObject({ for: 'child', until: null });
    remote.letGo('/bounded');
    await api.reaches(id, 'completed');
    expect(remote.count('/bounded')).toBe(6);
  });

  it('stands in loops and holds loops: each pass sees the items around it, and keeps its own step path', async () => {
    const parent = await api.run(`
name: nested
steps:
  - {id: base, type: transform, config: {expression: "[[1, 2], [3]]"}}
  - id: outer
    type: loop
    config: {items: "{{ steps.base.output }}", item_variable: row, max_concurrency: 2}
    steps:
      - {id: mark, type: transform, config: {expression: "index * 100"}}
      - id: each
        type: loop
        config: {items: "{{ item }}", distribute: true, max_concurrency: 2}
        steps:
          - id: deep
            type: loop
            config: {times: 2, distribute: true, max_concurrency: 2}
            steps:
              - {id: v, type: transform, config: {expression: "steps.mark.output + size(row) * 10 + index"}}
`);
    const deep = (n: number): object => ({ results: [n, n + 1], count: 2, failed: 0 });
    expect(parent.output).toEqual({
      count: 2,
      failed: 0,
      results: [
        { results: [deep(20), deep(20)], count: 2, failed: 0 },
        { results: [deep(110)], count: 1, failed: 0 },
      ],
    });
    const [pass] = (await passes(parent.id)).filter((one) => one.input.item === 2);
    expect(statuses(await api.execution(pass?.id ?? ''))).toEqual({ 'outer[0].each[1].deep': 'completed' });
    const [inner] = await passes(pass?.id ?? '');
    expect(statuses(await api.execution(inner?.id ?? ''))).toEqual({ 'outer[0].each[1].deep[0].v': 'completed' });
  });

  const failing = (name: string, config: string): string => `
name: ${name}
steps:
  - id: each
    type: loop
    config: {items: [1, 2, 3], distribute: true, ${config}}
    steps:
      - {id: odd, type: condition, config: {expression: item != 2, else: [{id: bad, type: fail, config: {message: even, code: even}}]}}
      - {id: save, ${call(name)}}
`;

  it('with on_item_error: fail fails by the first pass that fails, and cancels those that are left', async () => {
    remote.hold('/stops');
    const id = await api.start(await api.create(failing('stops', 'max_concurrency: 3')));
    const parent = await api.reaches(id, 'failed');
    expect(parent.error).toMatchObject({ code: 'even', step_path: 'each[1].odd.bad' });
    for (const index of [0, 2]) await api.reaches((await passAt(id, index)).id, 'cancelled');
    remote.letGo('/stops');
  });

  it('with on_item_error: continue gives the errors among the results', async () => {
    const parent = await api.run(failing('goes-on', 'on_item_error: continue'));
    expect(parent.output).toEqual({
      results: [
        expect.objectContaining({ status_code: 200 }),
        { error: { code: 'even', message: 'even', step_path: 'each[1].odd.bad' } },
        expect.objectContaining({ status_code: 200 }),
      ],
      count: 3,
      failed: 1,
    });
  });

  it('ends with the execution when a step in a pass stops it, whatever on_item_error says; what is left over is cancelled', async () => {
    remote.hold('/stopped');
    const id = await api.start(
      await api.create(`
name: stopped
output: {never: "{{ steps.after.output.x }}"}
finally: [{id: last, type: log, config: {message: last}}]
steps:
  - id: outer
    type: loop
    config:
      times: 1
      steps:
        - id: each
          type: loop
          config:
            items: [1, 2, 3, 4, 5]
            distribute: true
            max_concurrency: 3
            on_item_error: continue
            steps:
              - {id: found, type: stop, when: item == 2, config: {output: {found: "{{ item }}"}}}
              - {id: save, join: all_done, ${call('stopped')}}
  - {id: after, type: set, config: {values: {x: 1}}}
`),
    );
    const parent = await api.reaches(id, 'completed');
    expect(parent.output).toEqual({ found: 2 });
    expect(statuses(parent)).toMatchObject({ outer: 'cancelled', last: 'completed' });
    expect(statuses(parent)).not.toMatchObject({ after: 'completed' });
    await eventually(async () =>
      expect((await passes(id)).map(({ status }) => status)).toEqual([
        'cancelled',
        'completed',
        'cancelled',
        'cancelled',
        'cancelled',
      ]),
    );
    remote.letGo('/stopped');
  });

  it('whose passes hold distributed loops is ended from the innermost one', async () => {
    const inner =
      'id: inner, type: loop, config: {times: 2, distribute: true, steps: [{id: out, type: stop, when: index == 1, config: {output: deep}}]}';
    const parent = await api.run(
      `name: deep\nsteps: [{id: each, type: loop, config: {times: 2, distribute: true, steps: [{${inner}}]}}, {id: after, type: fail, config: {message: x}}]`,
    );
    expect(parent).toMatchObject({ status: 'completed', output: 'deep' });
  });

  it('gives each step an idempotency key of its own', async () => {
    const parent = await api.run(`
name: keys
steps: [{id: each, type: loop, config: {times: 3, distribute: true, max_concurrency: 3}, steps: [{id: save, ${call('keys')}}]}]
`);
    const ids = (await passes(parent.id)).map((pass) => pass.id);
    expect(remote.keys('/keys').toSorted()).toEqual(ids.map((id, index) => `${id}:each[${index}].save`).toSorted());
  });

  it('hands outputs of any size in and out', async () => {
    const parent = await api.run(
      `
name: big
steps:
  - {id: text, type: transform, config: {expression: "[1, 2, 3, 4, 5, 6].map(x, input.text)"}}
  - id: each
    type: loop
    config: {times: 2, distribute: true, max_concurrency: 2}
    steps: [{id: a, type: set, config: {values: {own: "{{ steps.text.output }}", n: "{{ index }}"}}}]
  - id: after
    type: transform
    config: {expression: "steps.each.output.results.map(r, [r.n, size(r.own), size(r.own[5])])"}
`,
      { input: { text: 'x'.repeat(60_000) } },
    );
    expect(parent.output).toEqual([
      [0, 6, 60_000],
      [1, 6, 60_000],
    ]);
  });

  it('counts as one execution: its passes are found by their parent only', async () => {
    const workflow = await api.create(
      'name: counted\nsteps: [{id: each, type: loop, config: {times: 4, distribute: true}, steps: [{id: a, type: log, config: {message: x}}]}]',
    );
    const id = await api.start(workflow);
    await api.reaches(id, 'completed');
    expect((await api.get(`/workflows/${workflow}/executions`)).body.items.map((one: ExecutionView) => one.id)).toEqual(
      [id],
    );
    expect((await api.get(`/workflows/${workflow}/statistics`)).body.totals).toMatchObject({
      executions: 1,
      completed: 1,
    });
    expect((await passes(id)).length).toBe(4);
    expect((await api.get(`/executions?workflow_id=${workflow}&trigger_type=loop`)).body.items.length).toBe(4);
  });

  it('goes through 1,000 items with a claim of its parent or two', async () => {
    const id = await api.start(
      await api.create(
        'name: thousand\nsteps: [{id: each, type: loop, config: {times: 1000, distribute: true, max_concurrency: 50}, steps: [{id: a, type: transform, config: {expression: item * 2}}]}]',
      ),
    );
    const parent = await api.reaches(id, 'completed');
    expect(parent.output.results).toEqual(Array.from({ length: 1000 }, (_, n) => n * 2));
    const [row] = await app.db.database.query<{ epoch: number }>('SELECT epoch FROM execution WHERE id = $1', [id]);
    expect(row?.epoch).toBe(2);
  });
});

describe('pausing an execution with a distributed loop', () => {
  it('lets the passes that run come to their end; the next begin when it is resumed', async () => {
    remote.hold('/paused');
    const id = await api.start(
      await api.create(`
name: to pause
steps:
  - {id: each, type: loop, config: {times: 5, distribute: true, max_concurrency: 2}, steps: [{id: a, ${call('paused')}}]}
`),
    );
    await eventually(() => expect(remote.count('/paused')).toBe(2));
    await api.reaches(id, 'waiting');
    expect((await api.post(`/executions/${id}/pause`)).status).toBe(200);
    remote.letGo('/paused');
    await eventually(async () =>
      expect((await passes(id)).filter(({ status }) => status === 'completed').length).toBe(2),
    );
    await app.app.get(PlacesChore).tick();
    expect((await passes(id)).map(({ status }) => status).sort()).toEqual([
      ...Array<string>(2).fill('completed'),
      ...Array<string>(3).fill('queued'),
    ]);
    expect((await api.post(`/executions/${id}/resume`)).status).toBe(200);
    expect((await api.reaches(id, 'completed')).output.count).toBe(5);
    expect(remote.count('/paused')).toBe(5);
  });
});

describe('cancelling an execution with a distributed loop', () => {
  it('cancels the passes: those that run are aborted, those that wait never begin', async () => {
    remote.hold('/cancelled');
    const id = await api.start(
      await api.create(`
name: to cancel
steps:
  - {id: each, type: loop, config: {times: 40, distribute: true, max_concurrency: 2}, steps: [{id: a, ${call('cancelled')}}]}
`),
    );
    await eventually(() => expect(remote.count('/cancelled')).toBe(2));
    expect((await api.post(`/executions/${id}/cancel`)).status).toBe(200);
    await api.reaches(id, 'cancelled');
    await eventually(async () =>
      expect(new Set((await passes(id)).map((pass) => pass.status))).toEqual(new Set(['cancelled'])),
    );
    remote.letGo('/cancelled');
    expect(remote.count('/cancelled')).toBe(2);
  });
});

describe('retrying an execution with a distributed loop', () => {
  const flaky = (name: string): string => `
name: ${name}
steps:
  - {id: first, type: transform, config: {expression: "[10, 20, 30]"}}
  - id: each
    type: loop
    config: {items: "{{ steps.first.output }}", distribute: true, max_concurrency: 3, on_item_error: fail}
    steps:
      - {id: before, type: http, config: {method: POST, url: "${remote.url}/${name}/{{ item }}/before"}}
      - {id: save, type: http, config: {method: POST, url: "${remote.url}/${name}/{{ item }}/save"}}
`;
  const counts = (name: string): number[] =>
    [10, 20, 30].flatMap((item) => ['before', 'save'].map((one) => remote.count(`/${name}/${item}/${one}`)));
  const failOnce = async (name: string): Promise<string> => {
    remote.fail(`/${name}/20/save`, 1);
    remote.hold(`/${name}/20/before`);
    const id = await api.start(await api.create(flaky(name)));
    await eventually(async () =>
      expect((await passes(id)).filter(({ status }) => status === 'completed').length).toBe(2),
    );
    remote.letGo(`/${name}/20/before`);
    await api.reaches(id, 'failed');
    expect(counts(name)).toEqual([1, 1, 1, 1, 1, 1]);
    return id;
  };

  it('runs the failed passes again, and leaves the completed ones', async () => {
    const id = await failOnce('flaky');
    expect((await api.post(`/executions/${id}/retry`)).status).toBe(202);
    const parent = await api.reaches(id, 'completed');
    expect(parent.output.results.map((one: { status_code: number }) => one.status_code)).toEqual([200, 200, 200]);
    expect(counts('flaky')).toEqual([1, 1, 2, 2, 1, 1]);
  });

  it('runs all of them again from the loop, or from a step before it', async () => {
    const id = await failOnce('afresh');
    expect((await api.post(`/executions/${id}/retry`, { from_step: 'first' })).status).toBe(202);
    await api.reaches(id, 'completed');
    expect(counts('afresh')).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('from a step of a pass runs this pass again', async () => {
    const id = await failOnce('one-pass');
    expect((await api.post(`/executions/${id}/retry`, { from_step: 'each[2].save' })).status).toBe(202);
    await api.reaches(id, 'completed');
    expect(counts('one-pass')).toEqual([1, 1, 2, 2, 2, 2]);
  });

  it('runs a pass alone, in place, from the step that failed', async () => {
    const id = await failOnce('alone');
    const pass = await passAt(id, 1);
    expect((await api.post(`/executions/${pass.id}/retry`)).status).toBe(202);
    await api.reaches(pass.id, 'completed');
    expect(counts('alone')).toEqual([1, 1, 1, 2, 1, 1]);
    expect((await api.post(`/executions/${id}/retry`)).status).toBe(202);
    await api.reaches(id, 'completed');
    expect(counts('alone')).toEqual([1, 1, 1, 2, 1, 1]);
    const refused = await api.post(`/executions/${pass.id}/retry`, { input: {}, from_step: 'each[1].save' });
    expect(refused.status).toBe(409);
  });
});

it('deleting an execution deletes the passes of its loops', async () => {
  const parent = await api.run(
    'name: removed\nsteps: [{id: each, type: loop, config: {times: 2, distribute: true}, steps: [{id: a, type: log, config: {message: x}}]}]',
  );
  const [pass] = await passes(parent.id);
  expect((await api.call('DELETE', `/executions/${parent.id}`)).status).toBe(204);
  expect((await api.get(`/executions/${pass?.id ?? ''}`)).status).toBe(404);
});
