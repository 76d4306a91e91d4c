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
});
