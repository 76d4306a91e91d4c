import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { statuses, step, type Api, type ExecutionView } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { loseOwner } from '../support/lost-owner.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let server: RecordingServer;
/** Paths that are not answered for now. */
let held: Map<string, (() => void)[]>;

beforeAll(async () => {
  app = await startApp();
  api = app.api;
  server = await startRecordingServer(({ url }, response) => {
    const waiting = held.get(url);
    if (waiting === undefined) response.end(url);
    else waiting.push(() => response.end('{}'));
  });
});
beforeEach(() => (held = new Map()));

/** Runs it until these paths were called, loses its owner there, and lets the next one go on. */
async function cutOffAt(yaml: string, paths: readonly string[], input: unknown = null): Promise<ExecutionView> {
  held = new Map(paths.map((path) => [path, []]));
  const id = await api.start(await api.create(yaml), { input });
  await eventually(() => paths.forEach((path) => expect(held.get(path)?.length, path).toBe(1)));
  const waiting = [...held.values()].flat();
  held = new Map();
  await loseOwner(app, id);
  // The old owner still holds it in this process; a new claim needs it to have noticed.
  waiting.forEach((finish) => finish());
  return await api.reaches(id, 'completed');
}

const call = (id: string, path: string): string => `{id: ${id}, type: http, config: {url: "${server.url}${path}"}}`;

describe('after the loss of its owner', () => {
  it('a parallel goes on in each branch where it was', async () => {
    const execution = await cutOffAt(
      `
name: fork
steps:
  - id: fork
    type: parallel
    branches:
      left: [${call('x', '/left/1')}, ${call('y', '/left/2')}, {id: z, type: set, config: {values: {n: "{{ steps.x.output.body }}"}}}]
      right: [${call('x', '/right/1')}, {id: y, type: set, config: {values: {n: 2}}}]
      slow: [${call('x', '/slow')}]
  - {id: after, type: set, config: {values: {done: "{{ steps.fork.output.completed }}"}}}
`,
      ['/left/2', '/slow'],
    );
    expect(execution.output).toEqual({ done: 3 });
    expect(step(execution, 'fork').output.branches).toMatchObject({ left: { n: '/left/1' }, right: { n: 2 } });
    const calls = ['/left/1', '/left/2', '/right/1', '/slow'].map((path) => server.count(path));
    expect(calls).toEqual([1, 2, 1, 2]);
  });

  it('a parallel that was decided starts nothing of what was left over', async () => {
    const execution = await cutOffAt(
      `
name: decided
steps:
  - id: fork
    type: parallel
    config: {wait_for: any, max_concurrency: 1}
    branches:
      first: [{id: x, type: set, config: {values: {n: 1}}}]
      second: [${call('x', '/decided/second')}]
  - ${call('after', '/decided/after')}
`,
      ['/decided/after'],
    );
    expect(statuses(execution)).toEqual({ fork: 'completed', 'fork.first.x': 'completed', after: 'completed' });
    expect(server.count('/decided/second')).toBe(0);
  });

  it('an execution that a step has stopped stays stopped, with the output of that step', async () => {
    const execution = await cutOffAt(
      `
name: stopped
steps:
  - {id: halt, type: stop, config: {output: {n: 1}}}
  - ${call('never', '/stopped/never')}
finally:
  - ${call('clean', '/stopped/clean')}
`,
      ['/stopped/clean'],
    );
    expect(execution.output).toEqual({ n: 1 });
    expect(statuses(execution)).toEqual({ halt: 'completed', clean: 'completed' });
    expect(server.count('/stopped/never')).toBe(0);
  });

  it('a loop goes on with the passes that had not ended, also where loops stand in loops', async () => {
    const execution = await cutOffAt(
      `
name: loops
steps:
  - id: each
    type: loop
    config: {items: [[1, 2], [3, 4], [5]], item_variable: row, max_concurrency: 2}
    steps:
      - id: inner
        type: loop
        config: {items: "{{ row }}"}
        steps: [${call('x', '/loops/{{ item }}')}, {id: y, type: transform, config: {expression: "[item, index, row]"}}]
`,
      ['/loops/2', '/loops/3'],
    );
    const results = execution.output.results.map((each: { results: unknown }) => each.results);
    expect(results).toEqual([
      [
        [1, 0, [1, 2]],
        [2, 1, [1, 2]],
      ],
      [
        [3, 0, [3, 4]],
        [4, 1, [3, 4]],
      ],
      [[5, 0, [5]]],
    ]);
    const calls = [1, 2, 3, 4, 5].map((n) => server.count(`/loops/${n}`));
    expect(calls).toEqual([1, 2, 2, 1, 1]);
  });

  it('a condition of a loop still sees the pass before', async () => {
    const execution = await cutOffAt(
      `
name: conditions
steps:
  - id: each
    type: loop
    config: {while: "index == 0 || steps.n.output < 3"}
    steps: [${call('x', '/while/{{ index }}')}, {id: n, type: transform, config: {expression: index + 1}}]
`,
      ['/while/1'],
    );
    expect(execution.output).toEqual({ results: [1, 2, 3], count: 3, failed: 0 });
    expect([0, 1, 2].map((n) => server.count(`/while/${n}`))).toEqual([1, 2, 1]);
  });

  it('failed passes stay failed', async () => {
    const execution = await cutOffAt(
      `
name: failures
steps:
  - id: each
    type: loop
    config: {times: 3, on_item_error: continue}
    steps:
      - {id: bad, type: fail, when: index == 0, config: {message: no}}
      - {id: x, type: http, depends_on: [], config: {url: "${server.url}/failures/{{ index }}"}}
`,
      ['/failures/2'],
    );
    expect(execution.output).toMatchObject({ results: [{ error: { code: 'failed' } }, {}, {}], count: 3, failed: 1 });
    expect([0, 1, 2].map((n) => server.count(`/failures/${n}`))).toEqual([0, 1, 2]);
  });
});
