import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let server: RecordingServer;
let broken: ReadonlySet<string> = new Set();

beforeAll(async () => {
  ({ api } = await startApp());
  server = await startRecordingServer(({ url }, response) => {
    if (broken.has(url)) response.statusCode = 500;
    response.end('{}');
  });
});

const call = (path: string): string => `{id: x, type: http, config: {url: "${server.url}${path}"}}`;
const calls = (paths: readonly string[]): number[] => paths.map((path) => server.count(path));

describe('a retry', () => {
  it('of a failed loop runs the failed pass and those after it; completed passes stay', async () => {
    broken = new Set(['/loop/1']);
    const execution = await api.run(`
name: retried loop
steps:
  - id: each
    type: loop
    config: {times: 3}
    steps: [${call('/loop/{{ index }}')}, {id: y, type: transform, config: {expression: index}}]
`);
    expect(execution.status).toBe('failed');
    broken = new Set();
    expect((await api.post(`/executions/${execution.id}/retry`)).status).toBeLessThan(300);
    const retried = await api.reaches(execution.id, 'completed');
    expect(retried.output).toEqual({ results: [0, 1, 2], count: 3, failed: 0 });
    expect(calls(['/loop/0', '/loop/1', '/loop/2'])).toEqual([1, 2, 1]);
  });

  it('of a failed parallel runs the failed branch; completed branches stay', async () => {
    broken = new Set(['/fork/bad']);
    const execution = await api.run(`
name: retried fork
steps:
  - id: fork
    type: parallel
    branches:
      good: [${call('/fork/good')}, {id: y, type: set, config: {values: {n: 1}}}]
      bad: [${call('/fork/bad')}, {id: y, type: set, config: {values: {n: 2}}}]
`);
    expect(execution.status).toBe('failed');
    broken = new Set();
    await api.post(`/executions/${execution.id}/retry`);
    const retried = await api.reaches(execution.id, 'completed');
    expect(step(retried, 'fork').output).toEqual({
      branches: { good: { n: 1 }, bad: { n: 2 } },
      completed: 2,
      failed: 0,
    });
    expect(calls(['/fork/good', '/fork/bad'])).toEqual([1, 2]);
  });

  it('from a step of a pass runs it and what follows it, in its pass and after its pass, and nothing before it', async () => {
    const execution = await api.run(`
name: middle of a loop
steps:
  - id: each
    type: loop
    config: {times: 4}
    steps: [${call('/middle/{{ index }}')}, {id: y, type: http, config: {url: "${server.url}/middle/y{{ index }}"}}]
  - {id: after, type: transform, config: {expression: steps.each.output.count}}
`);
    expect(execution.status).toBe('completed');
    await retryFrom(execution.id, 'each[2].y', 'completed');
    expect(calls(['/middle/0', '/middle/1', '/middle/2', '/middle/3'])).toEqual([1, 1, 1, 2]);
    expect(calls(['/middle/y0', '/middle/y1', '/middle/y2', '/middle/y3'])).toEqual([1, 1, 2, 2]);
  });

  it('from an early pass of a failed loop runs its passes in their order', async () => {
    broken = new Set(['/early/2']);
    const execution = await api.run(`
name: early pass
steps: [{id: each, type: loop, config: {times: 4}, steps: [${call('/early/{{ index }}')}]}]
`);
    expect(execution.status).toBe('failed');
    broken = new Set();
    await retryFrom(execution.id, 'each[1].x', 'completed');
    expect(calls(['/early/0', '/early/1', '/early/2', '/early/3'])).toEqual([1, 2, 2, 1]);
    expect(server.calls.filter(({ url }) => url.startsWith('/early/')).map(({ url }) => url.slice(7))).toEqual([
      '0',
      '1',
      '2',
      '1',
      '2',
      '3',
    ]);
  });

  it('from a pass of a completed loop in a loop leaves the passes before it, in both', async () => {
    const execution = await api.run(`
name: loops in loops
steps:
  - id: out
    type: loop
    config: {times: 3}
    steps:
      - {id: inner, type: loop, config: {items: "{{ [index * 10, index * 10 + 1] }}", item_variable: n}, steps: [${call('/nested/{{ n }}')}]}
      - {id: sum, type: transform, config: {expression: steps.inner.output.count}}
`);
    await retryFrom(execution.id, 'out[1].inner[1].x', 'completed');
    expect(calls(['/nested/0', '/nested/1', '/nested/10', '/nested/11'])).toEqual([1, 1, 1, 2]);
    expect(calls(['/nested/20', '/nested/21'])).toEqual([2, 2]);
  });

  it('from a branch of a completed parallel, or a pass of a loop without order, leaves those beside it', async () => {
    const execution = await api.run(`
name: beside
steps:
  - {id: fork, type: parallel, branches: {a: [${call('/beside/a')}], b: [${call('/beside/b')}]}}
  - {id: each, type: loop, depends_on: [], config: {times: 3, max_concurrency: 3}, steps: [${call('/beside/{{ index }}')}]}
`);
    await retryFrom(execution.id, 'fork.b.x', 'completed');
    await retryFrom(execution.id, 'each[1].x', 'completed');
    expect(calls(['/beside/a', '/beside/b', '/beside/0', '/beside/1', '/beside/2'])).toEqual([1, 2, 1, 2, 1]);
  });

  it('of a while loop asks its condition again from the pass before', async () => {
    const execution = await api.run(`
name: while again
steps:
  - id: poll
    type: loop
    config: {while: "index == 0 || (steps.x.output.status_code == 200 && index < 3)"}
    steps: [${call('/while/{{ index }}')}]
`);
    await retryFrom(execution.id, 'poll[1].x', 'completed');
    expect(calls(['/while/0', '/while/1', '/while/2', '/while/3'])).toEqual([1, 2, 2, 0]);
  });

  it('with another input brings the completed passes of a failed loop along', async () => {
    broken = new Set(['/brought/2']);
    const execution = await api.run(`
name: brought along
steps: [{id: each, type: loop, config: {times: 4}, steps: [${call('/brought/{{ index }}')}, {id: y, type: transform, config: {expression: index}}]}]
`);
    expect(execution.status).toBe('failed');
    broken = new Set();
    const asked = await api.post<{ id: string }>(`/executions/${execution.id}/retry`, { input: { again: true } });
    expect(asked.status, JSON.stringify(asked.body)).toBeLessThan(300);
    const retried = await api.reaches(asked.body.id, 'completed');
    expect(retried.output).toEqual({ results: [0, 1, 2, 3], count: 4, failed: 0 });
    expect(calls(['/brought/0', '/brought/1', '/brought/2', '/brought/3'])).toEqual([1, 1, 2, 1]);
  });

  it('from a pass that there is none of is refused', async () => {
    const execution = await api.run(`
name: no such pass
steps: [{id: each, type: loop, config: {times: 2}, steps: [{id: y, type: transform, config: {expression: index}}]}]
`);
    const asked = await api.post(`/executions/${execution.id}/retry`, { from_step: 'each[7].y' });
    expect(asked).toMatchObject({ status: 422, body: { code: 'from_step_invalid' } });
  });
});

async function retryFrom(id: string, from: string, status: string): Promise<void> {
  const asked = await api.post(`/executions/${id}/retry`, { from_step: from });
  expect(asked.status, JSON.stringify(asked.body)).toBeLessThan(300);
  await api.reaches(id, status);
}
