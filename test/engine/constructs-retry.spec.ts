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

  it('from a step inside a completed loop runs the whole loop again', async () => {
    const execution = await api.run(`
name: whole loop
steps:
  - {id: each, type: loop, config: {times: 2}, steps: [${call('/whole/{{ index }}')}]}
  - {id: after, type: transform, config: {expression: steps.each.output.count}}
`);
    const asked = await api.post(`/executions/${execution.id}/retry`, { from_step: 'each[1].x' });
    expect(asked.status, JSON.stringify(asked.body)).toBeLessThan(300);
    const retried = await api.reaches(execution.id, 'completed');
    expect(retried.output).toBe(2);
    expect(calls(['/whole/0', '/whole/1'])).toEqual([2, 2]);
  });
});
