import { beforeAll, describe, expect, it } from 'vitest';
import { step, type Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

/** Names that JavaScript gives a meaning to, and what others send under them. */
const DATA = {
  constructor: 'Ferrari',
  prototype: { constructor: { prototype: { polluted: 'yes' } } },
  races: [{ constructor: { name: 'McLaren' }, prototype: null, toString: 1, hasOwnProperty: 2 }],
};

let api: Api;
let workflow: string;
beforeAll(async () => {
  ({ api } = await startApp());
  workflow = await api.create(`
name: names
steps:
  - {id: keep, type: set, config: {values: {all: "{{ input }}", text: "{{ json(input) }}"}}}
  - {id: count, type: script, config: {code: "return {names: Object.keys(input), team: input.constructor, inner: input.races[0].constructor.name};"}}
triggers:
  - {type: webhook, config: {path: /names}}
  - {type: event, config: {types: [names.sent], input: "{{ trigger.payload.data }}"}}
  - {type: manual}
`);
  expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
});

const keptBy = async (execution: string): Promise<void> => {
  const ended = await api.reaches(execution, 'completed');
  expect(ended.input).toEqual(DATA);
  expect(step(ended, 'keep').output.all).toEqual(DATA);
  expect(JSON.parse(step(ended, 'keep').output.text as string)).toEqual(DATA);
  expect(step(ended, 'count').output.result).toEqual({
    names: ['constructor', 'prototype', 'races'],
    team: 'Ferrari',
    inner: 'McLaren',
  });
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
};

describe('data of users with fields named as JavaScript names its own', () => {
  it('is an input like others: by the API, by hand, by a webhook, by an event', async () => {
    const executed = await api.post(`/workflows/${workflow}/execute`, { input: DATA });
    expect(executed.status, JSON.stringify(executed.body)).toBe(202);
    await keptBy(executed.body.execution_id as string);
    const manual = await api.post(`/triggers/workflows/${workflow}/manual`, { input: DATA });
    expect(manual.status, JSON.stringify(manual.body)).toBe(202);
    await keptBy(manual.body.execution_id as string);
    const hooked = await api.post('/webhook/names', DATA);
    expect(hooked.status, JSON.stringify(hooked.body)).toBe(202);
    await keptBy(hooked.body.execution_id as string);
    const event = { specversion: '1.0', id: '1', source: '/tests', type: 'names.sent', data: DATA };
    const sent = await api.call('POST', '/events', JSON.stringify(event), {
      'content-type': 'application/cloudevents+json',
    });
    expect(sent.status, JSON.stringify(sent.body)).toBe(202);
    const byEvent = await eventually(async () => {
      const { body } = await api.get(`/executions?workflow_id=${workflow}&trigger_type=event`);
      expect(body.items).toHaveLength(1);
      return body.items[0].id as string;
    });
    await keptBy(byEvent);
    expect((await api.get('/events?type=names.sent')).body.items).toMatchObject([{ data: DATA }]);
  });

  it('is remembered and mocked as it is, and overrides variables', async () => {
    const put = await api.call('PUT', '/memory/global/names', { value: DATA });
    expect(put.status, JSON.stringify(put.body)).toBe(200);
    expect((await api.get('/memory/global/names')).body.value).toEqual(DATA);
    const body = { input: DATA, mocks: { count: DATA }, variables: DATA, trigger: { payload: DATA }, wait: true };
    const tested = await api.post(`/workflows/${workflow}/test`, body);
    expect(tested.status, JSON.stringify(tested.body)).toBe(200);
    expect(tested.body.error).toBeNull();
    expect([tested.body.input, tested.body.output]).toEqual([DATA, DATA]);
  });

  it('is no field where the API says which there are', async () => {
    for (const body of [{ constructor: 1 }, { prototype: 1 }, { input: {}, trigger: { constructor: { a: 1 } } }]) {
      const answer = await api.post(`/workflows/${workflow}/test`, body);
      expect(answer.status).toBe(422);
      expect(answer.body.errors).toMatchObject([{ code: 'field_unknown' }]);
    }
    const made = await api.post('/workflows', { name: 'x', constructor: 1, definition: { name: 'x', steps: [] } });
    expect(made.body.errors).toMatchObject([{ path: 'constructor', code: 'field_unknown' }]);
  });

  it('is refused whole when it would set a prototype', async () => {
    const text = '{"input": {"__proto__": {"polluted": "yes"}}}';
    const answer = await api.call('POST', `/workflows/${workflow}/execute`, text, {
      'content-type': 'application/json',
    });
    expect(answer.status).toBe(400);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
