import { beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';

const WORKFLOW = 'name: bodies\nsteps: [{id: a, type: set, config: {values: {x: 1}}}]';

let api: Api;
beforeAll(async () => {
  ({ api } = await startApp());
  await api.create(WORKFLOW);
});

describe('the whole application', () => {
  it.each([
    ['{"name":', 'application/json', 400, 'body_unreadable'],
    ['name=bodies', 'application/x-www-form-urlencoded', 415, 'media_type_unsupported'],
    [WORKFLOW, 'text/plain', 415, 'media_type_unsupported'],
  ])('answers %j as %s with a problem', async (body, type, status, code) => {
    const answer = await api.call('POST', '/workflows', body, { 'content-type': type });
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer).toMatchObject({ status, body: { status, code } });
  });

  it.each([
    [{ mode: 'sometimes' }, 'mode'],
    [{ version: 'two' }, 'version'],
    [{ verison: 1 }, 'verison'],
  ])('refuses to deploy with %j', async (body, path) => {
    const answer = await api.post('/deployment/workflows/bodies/deploy', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors[0].path).toBe(path);
  });

  it('deploys without a body', async () => {
    expect((await api.call('POST', '/deployment/workflows/bodies/deploy')).status).toBe(201);
  });
});
