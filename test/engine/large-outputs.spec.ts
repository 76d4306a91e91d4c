import { beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT_IN_ROW_BYTES } from '../../src/engine/outputs/large-outputs.js';
import { step, type Api } from '../support/api.js';
import { ADMIN_KEY as KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { loseOwner } from '../support/lost-owner.js';
import { startRecordingServer, type Answer, type RecordingServer } from '../support/recording-server.js';

let app: TestApp;
let api: Api;
let server: RecordingServer;
let answer: Answer;

beforeAll(async () => {
  app = await startApp();
  api = app.api;
  server = await startRecordingServer((call, response) => answer(call, response));
});

const make = (name: string, more = ''): string => `
name: ${name}
steps:
  - {id: make, type: transform, config: {expression: "input.text"}}
${more}`;
/** A text whose JSON has so many bytes. */
const text = (bytes: number): string => 'x'.repeat(bytes - 2);
const BIG = text(OUTPUT_IN_ROW_BYTES + 1);

const stored = async (id: string): Promise<{ beside: string; size: number | null }[]> =>
  await app.db.database.query(
    `SELECT l.id AS beside, s.output_size AS size FROM large_output l LEFT JOIN step_execution s USING (id)
     WHERE l.execution_id = $1 ORDER BY l.id`,
    [id],
  );

describe('an output over 256 KiB', () => {
  it('lies beside the row, and one of 256 KiB lies in it', async () => {
    const workflow = await api.create(make('border'));
    for (const bytes of [OUTPUT_IN_ROW_BYTES, OUTPUT_IN_ROW_BYTES + 1]) {
      const sent = text(bytes);
      const { body } = await api.post(`/workflows/${workflow}/execute`, { input: { text: sent }, wait: true });
      expect(body.output).toBe(sent);
      const isBig = bytes > OUTPUT_IN_ROW_BYTES;
      // Of the step, and of the execution.
      expect(await stored(body.id)).toHaveLength(isBig ? 2 : 0);
      const shown = await api.execution(body.id);
      const make = step(shown, 'make');
      const url = `/api/v1/step-executions/${make.id}/output`;
      expect(make).toMatchObject(isBig ? { output: null, large_output: { size: bytes, url } } : { large_output: null });
      expect((await api.get(`/step-executions/${make.id}`)).body).toMatchObject({ output: sent, large_output: null });
      expect((await api.get(`/step-executions/${make.id}/output`)).body).toBe(sent);
      expect((await api.get(`/executions/${body.id}/output`)).body).toBe(sent);
    }
  });

  it('is not carried by lists, streams and the bundle, which say so', async () => {
    const { id } = await api.run(make('light'), { input: { text: BIG } });
    const large_output = { size: OUTPUT_IN_ROW_BYTES + 1, url: `/api/v1/executions/${id}/output` };
    expect(await api.execution(id)).toMatchObject({ output: null, large_output });
    const list = (await api.get(`/executions?limit=1`)).body.items;
    expect(list).toMatchObject([{ id, output: null, large_output }]);
    expect((await api.get(`/executions/${id}/steps`)).body.items).toMatchObject([
      { input: { truncated: true }, output: null },
    ]);
    const events = await fetch(`${app.url}/api/v1/executions/${id}/events`, { headers: { 'x-api-key': KEY } });
    expect(await events.text()).toContain('"omitted":["output"]');
    expect((await api.get(`/executions/${id}/bundle`)).body.steps).toMatchObject([{ output: null }]);
    expect((await api.get(`/executions/${id}/timeline`)).body.items).toHaveLength(1);
  });

  it('is whole to expressions, also for an owner that takes the execution over', async () => {
    const held: (() => void)[] = [];
    answer = (_call, response) => void held.push(() => response.end('{}'));
    const id = await api.start(
      await api.create(
        make(
          'taken over',
          `
  - {id: call, type: http, config: {method: POST, url: "${server.url}/taken"}}
  - {id: measure, type: transform, config: {expression: "size(steps.make.output)"}}`,
        ),
      ),
      { input: { text: BIG } },
    );
    await eventually(() => expect(held).toHaveLength(1));
    expect(await stored(id)).toMatchObject([{ size: OUTPUT_IN_ROW_BYTES + 1 }]);
    answer = (_call, response) => response.end('{}');
    await loseOwner(app, id);
    held.forEach((finish) => finish());
    expect((await api.reaches(id, 'completed')).output).toBe(BIG.length);
    expect(await stored(id)).toHaveLength(1);
  });

  it('goes with what a retry sets back, and comes along into a new execution', async () => {
    answer = (_call, response) => response.writeHead(500).end();
    const workflow = await api.create(
      make(
        'again',
        `
  - {id: call, type: http, config: {method: POST, url: "${server.url}/again"}}
  - {id: measure, type: transform, config: {expression: "size(steps.make.output)"}}`,
      ),
    );
    const id = await api.start(workflow, { input: { text: BIG } });
    await api.reaches(id, 'failed');
    answer = (_call, response) => response.end('{}');

    const copy = await api.post(`/executions/${id}/retry`, { input: { text: 'short' } });
    expect((await api.reaches(copy.body.execution_id, 'completed')).output).toBe(BIG.length);
    expect(await stored(copy.body.execution_id)).toHaveLength(1);

    await api.post(`/executions/${id}/retry`);
    expect((await api.reaches(id, 'completed')).output).toBe(BIG.length);
    expect(await stored(id)).toHaveLength(1);

    await app.db.database.query(`UPDATE execution SET input = '{"text": "short"}' WHERE id = $1`, [id]);
    await api.post(`/executions/${id}/retry`, { from_step: 'make' });
    expect((await api.reaches(id, 'completed')).output).toBe('short'.length);
    expect(await stored(id)).toEqual([]);
  });

  it('of a child is whole to its parent, and those around a pass are whole to it', async () => {
    await api.create(make('big child'));
    const { output } = await api.run(
      `
name: big parent
steps:
  - {id: child, type: subworkflow, config: {workflow: big-child, input: {text: "{{ input.text }}"}}}
  - id: each
    type: loop
    config:
      items: [1, 2]
      distribute: true
      steps:
        - {id: copy, type: transform, config: {expression: steps.child.output.output}}
output: {child: "{{ size(steps.child.output.output) }}", passes: "{{ steps.each.output.results.map(text, size(text)) }}"}`,
      { input: { text: BIG } },
    );
    expect(output).toEqual({ child: BIG.length, passes: [BIG.length, BIG.length] });
  });

  it('has its secrets redacted', async () => {
    await api.call('PUT', '/secrets/pin', { value: 'correct-horse-battery' });
    const { output } = await api.run(
      `
name: secretive
steps:
  - {id: make, type: transform, config: {expression: "input.text + secrets.pin"}}`,
      { input: { text: BIG } },
    );
    expect(output).toHaveLength(BIG.length + '***'.length);
  });

  it('goes with its execution', async () => {
    const { id } = await api.run(make('deleted'), { input: { text: BIG } });
    expect(await stored(id)).toHaveLength(2);
    expect((await api.call('DELETE', `/executions/${id}`)).status).toBe(204);
    expect(await stored(id)).toEqual([]);
  });
});
