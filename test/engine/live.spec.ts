import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { Redactor } from '../../src/common/logging/redactor.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { allEvents, eventsAt, type StreamEvent } from '../support/event-stream.js';
import { shellLines, STRICT } from '../support/shell-lines.js';

const TALKER = `
name: talker
steps:
  - {id: hello, type: log, config: {message: hello}}
  - {id: nap, type: wait, config: {duration: 2s}}
  - {id: note, type: log, config: {message: careful, level: warn}}
  - {id: sum, type: set, config: {values: {x: 42}}}
`;
const SLEEPER = `
name: sleeper
steps:
  - {id: hello, type: log, config: {message: hello}}
  - {id: nap, type: wait, config: {duration: 1h}}
`;

let here: TestApp;
let talker: string;
beforeAll(async () => {
  here = await startApp();
  talker = await here.api.create(TALKER);
});

const eventsUrl = (app: TestApp, id: string): string => `${app.url}/api/v1/executions/${id}/events`;
const logsUrl = (app: TestApp, id: string, query = ''): string =>
  `${app.url}/api/v1/executions/${id}/logs?follow=true${query}`;
const messages = (events: readonly StreamEvent[]): string[] =>
  events.filter(({ event }) => event === 'log').map(({ data }) => data.message);

describe('a followed log', () => {
  it('shows the lines so far, then new ones, and ends with the execution', async () => {
    const id = await here.api.start(talker);
    const events = await allEvents(logsUrl(here, id));
    expect(messages(events)).toEqual(['hello', 'careful']);
    expect(events[0]?.data).toMatchObject({ level: 'info', step_path: 'hello', attempt: 1 });
    expect(events.at(-1)).toMatchObject({ event: 'end', data: { status: 'completed' } });
  });

  it('goes on after Last-Event-ID, and keeps to its filters', async () => {
    const id = await here.api.start(talker);
    const all = await allEvents(logsUrl(here, id));
    expect(messages(await allEvents(logsUrl(here, id), { 'last-event-id': all[0]?.id ?? '' }))).toEqual(['careful']);
    expect(messages(await allEvents(logsUrl(here, id, '&level=warn')))).toEqual(['careful']);
    expect(messages(await allEvents(logsUrl(here, id, '&step_id=hello')))).toEqual(['hello']);
  });

  it('of an execution that another replica runs arrives as well', async () => {
    const web = await startApp({ ROLES: 'api' }, here.db);
    const id = await web.api.start(talker);
    expect(messages(await allEvents(logsUrl(web, id)))).toEqual(['hello', 'careful']);
  });
});

describe('the events of an execution', () => {
  it('begin with its state, tell of every change in order, and end', async () => {
    const id = await here.api.start(talker);
    const events = await allEvents(eventsUrl(here, id));
    expect(events[0]).toMatchObject({ event: 'execution', data: { id } });
    const last = events.at(-2);
    expect(last).toMatchObject({ event: 'execution', data: { status: 'completed' } });
    expect(events.at(-1)).toEqual({ id: null, event: 'end', data: { status: 'completed' } });
    const steps = events.filter(({ event }) => event === 'step').map(({ data }) => [data.step_path, data.status]);
    expect(steps.findIndex(([path, status]) => path === 'nap' && status === 'waiting')).toBeLessThan(
      steps.findIndex(([path, status]) => path === 'nap' && status === 'completed'),
    );
    expect(steps.at(-1)).toEqual(['sum', 'completed']);
    expect(messages(events)).toEqual(['hello', 'careful']);
  });

  it('that came before Last-Event-ID do not come again, and none is left out', async () => {
    const id = await here.api.start(talker);
    const whole = await allEvents(eventsUrl(here, id));
    const first = whole.slice(0, 3);
    const rest = await allEvents(eventsUrl(here, id), { 'last-event-id': first[2]?.id ?? '' });
    const key = ({ event, data }: StreamEvent): string => JSON.stringify([event, data.step_path, data.message]);
    const finals = new Set(whole.map(key));
    expect(new Set([...first, ...rest].map(key))).toEqual(finals);
    const again = await allEvents(eventsUrl(here, id), { 'last-event-id': whole.at(-2)?.id ?? '' });
    expect(again.map(({ event }) => event)).toEqual(['end']);
  });

  it('go on where a connection broke in the middle', async () => {
    const id = await here.api.start(talker);
    const before: StreamEvent[] = [];
    for await (const event of eventsAt(eventsUrl(here, id))) {
      before.push(event);
      if (event.event === 'step' && event.data.step_path === 'nap' && event.data.status === 'waiting') break;
    }
    const after = await allEvents(eventsUrl(here, id), { 'last-event-id': before.at(-1)?.id ?? '' });
    const states = [...before, ...after]
      .filter(({ event }) => event === 'step')
      .map(({ data }) => `${data.step_path} ${data.status}`);
    expect(states).toEqual([...new Set(states)]);
    expect(states.at(-1)).toBe('sum completed');
    expect(messages([...before, ...after])).toEqual(['hello', 'careful']);
  });

  it('tell another replica of a cancel', async () => {
    const other = await startApp({}, here.db);
    const id = await here.api.start(await here.api.create(SLEEPER));
    await here.api.reaches(id, 'waiting');
    const seen: StreamEvent[] = [];
    for await (const event of eventsAt(eventsUrl(other, id))) {
      seen.push(event);
      if (event.event === 'step' && event.data.status === 'waiting') await here.api.post(`/executions/${id}/cancel`);
    }
    expect(seen.map(({ event, data }) => [event, data.status])).toEqual(
      expect.arrayContaining([
        ['execution', 'waiting'],
        ['step', 'cancelled'],
        ['execution', 'cancelled'],
        ['end', 'cancelled'],
      ]),
    );
  });

  it('leave out a long output by name', async () => {
    const yaml = `name: long\nsteps: [{id: a, type: set, config: {values: {x: "{{ input.x }}"}}}]`;
    const id = await here.api.start(await here.api.create(yaml), { input: { x: 'y'.repeat(9_000) } });
    await here.api.reaches(id, 'completed');
    const events = await allEvents(eventsUrl(here, id));
    const found = events.find(({ event }) => event === 'step');
    expect(found?.data).toMatchObject({ output: null, omitted: expect.arrayContaining(['output']) });
  });

  it('of a draining server end with a word about it', async () => {
    const draining = await startApp({}, here.db);
    const id = await here.api.start(await here.api.create(SLEEPER));
    await here.api.reaches(id, 'waiting');
    let closing: Promise<void> | undefined;
    const seen: StreamEvent[] = [];
    for await (const event of eventsAt(eventsUrl(draining, id))) {
      seen.push(event);
      if (event.event === 'step') closing ??= draining.close();
    }
    expect(seen.at(-1)).toMatchObject({ event: 'interrupted', data: { reason: 'draining' } });
    await closing;
  });

  it('are refused for an execution that is not there, and for an id that was made up', async () => {
    expect((await here.api.get('/executions/nothing/events')).body.code).toBe('execution_not_found');
    const id = await here.api.start(talker);
    const made = await here.api.call('GET', `/executions/${id}/events`, undefined, { 'last-event-id': 'made up' });
    expect([made.status, made.body.code]).toEqual([422, 'last_event_id_invalid']);
  });
});

it('the lines of the guide "Watch executions" work as they stand there', async () => {
  const id = await here.api.start(talker);
  const env = { ...process.env, API: `${here.url}/api/v1`, AUTH: `X-API-Key: ${ADMIN_KEY}`, EXECUTION: id };
  const lines = STRICT + shellLines('docs/guides/watching-executions.md');
  const { stdout } = await promisify(execFile)('bash', ['-c', lines], { env });
  expect(stdout.match(/^event: end$/gm)).toHaveLength(3);
  expect(stdout).toContain('"message":"careful"');
});

describe('the bundle of an execution', () => {
  it('holds it with its definition, steps and lines, as an attachment', async () => {
    const id = await here.api.start(talker);
    await here.api.reaches(id, 'completed');
    const { status, headers, body } = await here.api.get(`/executions/${id}/bundle`);
    expect([status, headers.get('content-disposition')]).toEqual([200, `attachment; filename="execution-${id}.json"`]);
    expect(body).toMatchObject({ execution: { id, status: 'completed' }, definition: { version: 1 }, truncated: [] });
    expect(body.definition.definition.name).toBe('talker');
    expect(body.steps).toHaveLength(4);
    expect(body.logs.map((line: { message: string }) => line.message)).toEqual(['hello', 'careful']);
  });

  it('shows no secret, and says what was too long', async () => {
    const value = 'a-value-that-nobody-may-see';
    const id = await here.api.start(talker, { input: { note: value, long: 'y'.repeat(70_000) } });
    here.app.get(Redactor).add(value);
    const { body } = await here.api.get(`/executions/${id}/bundle`);
    expect(JSON.stringify(body)).not.toContain(value);
    expect(body.execution.input).toBe('(left out: too long for a bundle)');
    const short = await here.api.start(talker, { input: { note: value } });
    expect((await here.api.get(`/executions/${short}/bundle`)).body.execution.input).toEqual({ note: '***' });
  });
});
