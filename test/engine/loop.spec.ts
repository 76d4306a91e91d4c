import { beforeAll, describe, expect, it } from 'vitest';
import { statuses, step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let api: Api;
let server: RecordingServer;
let answer: Answer = (_call, response) => response.end('{}');

beforeAll(async () => {
  ({ api } = await startApp());
  server = await startRecordingServer((call, response) => answer(call, response));
});

const loop = (config: string, steps: string): string => `
name: loop
steps:
  - id: each
    type: loop
    on_error: continue
    config: ${config}
    steps: ${steps}
  - {id: after, type: transform, config: {expression: steps.each.output}}
`;

describe('a loop', () => {
  it('runs its steps for each item, which see item, index and the variable, and gives the results in order', async () => {
    const execution = await api.run(
      loop(
        '{items: "{{ input }}", item_variable: row}',
        `[{id: twice, type: set, config: {values: {n: "{{ item.n * 2 }}"}}},
          {id: save, type: set, config: {values: {at: "{{ index }}", same: "{{ row == item }}", n: "{{ steps.twice.output.n }}"}}}]`,
      ),
      { input: [{ n: 5 }, { n: 7 }] },
    );
    expect(execution.output).toEqual({
      results: [
        { at: 0, same: true, n: 10 },
        { at: 1, same: true, n: 14 },
      ],
      count: 2,
      failed: 0,
    });
    expect(statuses(execution)).toEqual({
      each: 'completed',
      'each[0].twice': 'completed',
      'each[0].save': 'completed',
      'each[1].twice': 'completed',
      'each[1].save': 'completed',
      after: 'completed',
    });
  });

  it('fails the execution when what it gave does not fit its output_mapping, wherever it stands', async () => {
    const each =
      'id: each, type: loop, config: {times: 2, steps: [{id: a, type: set, config: {values: {x: 1}}}]}, output_mapping: {n: "{{ output.missing }}"}';
    const last = await api.run(`name: last\nsteps: [{${each}}]`);
    expect(last).toMatchObject({ status: 'failed', error: { code: 'expression_failed', step_path: 'each' } });
    const deep = await api.run(
      `name: deep\nsteps: [{id: outer, type: loop, config: {times: 2, steps: [{id: yes, type: condition, config: {expression: "true", then: [{${each}}]}}]}}, {id: after, type: log, config: {message: x}}]`,
    );
    expect(deep).toMatchObject({ status: 'failed', error: { code: 'expression_failed' } });
    expect(statuses(deep)).toMatchObject({ outer: 'failed', 'outer[0].yes': 'failed', 'outer[0].yes.each': 'failed' });
    expect(statuses(deep)['after']).not.toBe('completed');
    const passedOver = await api.run(
      `name: over\nsteps: [{${each}, on_error: continue}, {id: after, type: transform, join: all_done, config: {expression: "steps.each.status"}}]`,
    );
    expect(passedOver).toMatchObject({ status: 'completed', output: 'failed' });
  });

  it('over nothing completes at once', async () => {
    const execution = await api.run(loop('{items: []}', '[{id: a, type: log, config: {message: x}}]'));
    expect(execution.output).toEqual({ results: [], count: 0, failed: 0 });
  });

  it('runs so many times', async () => {
    const execution = await api.run(
      loop('{times: "{{ input.n }}"}', '[{id: a, type: transform, config: {expression: item * item}}]'),
      {
        input: { n: 4 },
      },
    );
    expect(execution.output).toEqual({ results: [0, 1, 4, 9], count: 4, failed: 0 });
  });

  it('runs as long as a condition holds, which sees index and the last pass', async () => {
    const execution = await api.run(
      loop(
        '{while: "index == 0 || steps.a.output.n < 8"}',
        '[{id: a, type: set, config: {values: {n: "{{ (index + 1) * 3 }}"}}}]',
      ),
    );
    expect(execution.output).toEqual({ results: [{ n: 3 }, { n: 6 }, { n: 9 }], count: 3, failed: 0 });
  });

  it('fails when there are more passes than max_iterations', async () => {
    const body = '[{id: a, type: log, config: {message: x}}]';
    const ended = await Promise.all(
      [
        '{items: [1, 2, 3], max_iterations: 2}',
        '{times: 3, max_iterations: 2}',
        '{while: "true", max_iterations: 2}',
      ].map((config) => api.run(loop(config, body))),
    );
    expect(ended.map((execution) => step(execution, 'each').error?.code)).toEqual(Array(3).fill('max_iterations'));
  });

  it('fails with its condition when that cannot be evaluated', async () => {
    const execution = await api.run(
      loop('{while: "input.missing.deep"}', '[{id: a, type: log, config: {message: x}}]'),
      {
        input: {},
      },
    );
    expect(step(execution, 'each').error).toMatchObject({ code: 'expression_failed' });
  });

  it('takes items in batches', async () => {
    const execution = await api.run(
      loop('{items: [1, 2, 3, 4, 5], batch_size: 2}', '[{id: a, type: transform, config: {expression: item}}]'),
    );
    expect(execution.output).toEqual({ results: [[1, 2], [3, 4], [5]], count: 3, failed: 0 });
  });

  const picky =
    '[{id: a, type: fail, when: item == 2, config: {message: no two}}, {id: b, type: transform, depends_on: [], config: {expression: item}}]';

  it('fails with the first item that does, and starts no further pass', async () => {
    const execution = await api.run(loop('{items: [1, 2, 3]}', picky));
    expect(step(execution, 'each')).toMatchObject({
      status: 'failed',
      error: { code: 'failed', message: 'no two', step_path: 'each[1].a' },
    });
    expect(Object.keys(statuses(execution))).not.toContain('each[2].b');
    expect(execution.output).toMatchObject({ count: 2, failed: 1 });
  });

  it('goes on over failed items with on_item_error: continue', async () => {
    const execution = await api.run(loop('{items: [1, 2, 3], on_item_error: continue}', picky));
    expect(statuses(execution)['each']).toBe('completed');
    expect(execution.output).toEqual({
      results: [1, { error: { code: 'failed', message: 'no two', step_path: 'each[1].a' } }, 3],
      count: 3,
      failed: 1,
    });
  });

  it('runs max_concurrency passes at once, and keeps the order of the results', async () => {
    let active = 0;
    let most = 0;
    const waiting: (() => void)[] = [];
    answer = ({ url }, response) => {
      most = Math.max(most, ++active);
      waiting.push(() => {
        active--;
        response.setHeader('content-type', 'application/json').end(JSON.stringify(Number(url.slice(1))));
      });
      // Always three wait; the last comer is answered first.
      if (waiting.length === 3 || server.calls.length >= 8) waiting.pop()?.();
      if (server.calls.length >= 9) for (const finish of waiting.splice(0)) finish();
    };
    const body = `[{id: a, type: http, config: {url: "${server.url}/{{ item }}"}}, {id: b, type: transform, config: {expression: steps.a.output.body}}]`;
    const execution = await api.run(loop('{times: 9, max_concurrency: 3}', body));
    expect(execution.output.results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(most).toBe(3);
  });

  it('waits inside, holding no slot', async () => {
    const execution = await api.run(
      loop(
        '{times: 2}',
        '[{id: nap, type: wait, config: {duration: 30ms}}, {id: b, type: transform, config: {expression: index}}]',
      ),
    );
    expect(execution.output).toMatchObject({ results: [0, 1] });
  });

  it('may stand in a loop, in a branch and in a parallel; inside, the nearest step and item count', async () => {
    const execution = await api.run(`
name: nested
steps:
  - id: outer
    type: loop
    config: {items: [[1, 2], [3]], item_variable: row}
    steps:
      - {id: n, type: set, config: {values: {base: "{{ index * 100 }}"}}}
      - id: check
        type: condition
        config:
          expression: size(row) > 0
          then:
            - id: fork
              type: parallel
              branches:
                only:
                  - id: inner
                    type: loop
                    config: {items: "{{ row }}"}
                    steps:
                      - {id: x, type: transform, config: {expression: "steps.n.output.base + item * 10 + index + size(row)"}}
`);
    const only = (results: number[]) => ({
      branches: { only: { results, count: results.length, failed: 0 } },
      completed: 1,
      failed: 0,
    });
    expect(execution.output).toEqual({ results: [only([12, 23]), only([131])], count: 2, failed: 0 });
    expect(Object.keys(statuses(execution))).toContain('outer[0].check.fork.only.inner[1].x');
  });

  it('is made of a body output that leads back, in the nodes form', async () => {
    const definition = {
      name: 'graph loop',
      nodes: [
        { id: 'each', type: 'FLOW', subtype: 'loop', parameters: { items: '{{ input }}' } },
        { id: 'add', type: 'ACTION', subtype: 'transform', parameters: { expression: 'item + 1' } },
        { id: 'end', type: 'ACTION', subtype: 'transform', parameters: { expression: 'steps.each.output.results' } },
      ],
      connections: [
        { from: 'each', output: 'body', to: 'add' },
        { from: 'add', to: 'each' },
        { from: 'each', output: 'done', to: 'end' },
      ],
    };
    const created = await api.post('/workflows', definition);
    expect(created.status, JSON.stringify(created.body)).toBe(201);
    const { body } = await api.post(`/workflows/${created.body.id}/run`, { input: [1, 2], wait: true });
    expect(body.output).toEqual([2, 3]);
  });

  it('is refused where it cannot be read, or asks for what does not go together', async () => {
    const yaml = `name: refused
steps:
  - {id: a, type: loop, config: {items: [1], times: 2, steps: []}}
  - {id: b, type: loop, config: {while: "true", max_concurrency: 2, steps: []}}
  - {id: c, type: loop, config: {while: "true", distribute: true, steps: []}}
`;
    const { status, body } = await api.call('POST', '/workflows', yaml, { 'content-type': 'application/yaml' });
    expect(status).toBe(422);
    expect(body.errors.map((fault: any) => [fault.path, fault.code])).toEqual([
      ['steps[0].config.times', 'value_invalid'],
      ['steps[1].config.max_concurrency', 'value_invalid'],
      ['steps[2].config.distribute', 'value_invalid'],
    ]);
  });

  it('goes through 10,000 items, each recorded, and leaves the server answering meanwhile', async () => {
    const workflow = await api.create(
      loop(
        '{times: 10000, max_iterations: 10000, max_concurrency: 4}',
        '[{id: a, type: set, config: {values: {n: "{{ item }}"}}}]',
      ),
    );
    const id = await api.start(workflow);
    expect((await api.get('/health')).status).toBe(200);
    const run = await api.post(`/workflows/${workflow}/execute`, { wait: true, wait_timeout: '60s' });
    expect(run.body.output).toMatchObject({ count: 10_000, failed: 0 });
    expect(run.body.output.results[9999]).toEqual({ n: 9999 });
    await api.reaches(id, 'completed');
  }, 90_000);
});
