import { beforeAll, describe, expect, it } from 'vitest';
import { type ApiApp, startApiApp } from '../support/api-app.js';

const TWO_STEPS = {
  version: '1.0',
  name: 'Two steps',
  variables: { batch_size: 10 },
  steps: [
    { id: 'first', type: 'log', config: { message: 'one' } },
    { id: 'second', type: 'log', config: { message: 'two' } },
  ],
};
const YAML = `# the author's own words
version: "1.0"
name: Von Hand
description: From YAML
steps:
  - id: only
    type: log
    config: {message: hello}
`;

let api: ApiApp;
beforeAll(async () => {
  api = await startApiApp();
});

async function create(
  name: string,
  more: Record<string, unknown> = {},
): Promise<Record<string, unknown> & { id: string; slug: string }> {
  const made = await api.call('POST', '/api/v1/workflows', { json: { name, definition: TWO_STEPS, ...more } });
  expect(made.status, made.text).toBe(201);
  return made.body as Record<string, unknown> & { id: string; slug: string };
}

describe('creating a workflow', () => {
  it('an entity, a YAML text and a JSON definition are all accepted', async () => {
    const entity = await create('As entity', { tags: ['a'], description: 'd' });
    expect(entity).toMatchObject({ name: 'As entity', slug: 'as-entity', status: 'draft', version: 1, tags: ['a'] });
    expect(entity).toMatchObject({
      variables: { batch_size: 10 },
      execution_count: 0,
      success_rate: null,
      is_template: false,
    });
    expect(entity['steps']).toHaveLength(2);

    const yaml = await api.call('POST', '/v1/workflows', { yaml: YAML });
    expect(yaml.status).toBe(201);
    expect(yaml.body).toMatchObject({ name: 'Von Hand', slug: 'von-hand', description: 'From YAML' });

    const json = await api.call('POST', '/api/v1/workflows', { json: { ...TWO_STEPS, name: 'As definition' } });
    expect(json.body).toMatchObject({ name: 'As definition', slug: 'as-definition', version: 1 });
  });

  it('a name that is taken gets a slug with a number; a slug that is asked for and taken is refused', async () => {
    expect((await create('Same name')).slug).toBe('same-name');
    expect((await create('Same name')).slug).toBe('same-name-2');
    const refused = await api.call('POST', '/api/v1/workflows', {
      json: { name: 'x', slug: 'same-name', definition: TWO_STEPS },
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'slug_taken' } });
  });

  it('every fault of a YAML text comes back with its line and column', async () => {
    const text =
      'version: "1.0"\nname: Bad\nsteps:\n  - id: a\n    type: nowhere\n  - id: a\n    type: log\n    depends_on: [ghost]\n';
    const refused = await api.call('POST', '/api/v1/workflows', { yaml: text });
    expect(refused).toMatchObject({ status: 422, body: { code: 'definition_invalid' } });
    const errors = refused.body.errors as { line: number; column: number; code: string; path: string }[];
    expect(errors.length).toBeGreaterThanOrEqual(3);
    expect(errors.every(({ line, column, code, path }) => line > 0 && column > 0 && code !== '' && path !== '')).toBe(
      true,
    );
    const validated = await api.call('POST', '/api/v1/workflows/validate', { yaml: text });
    expect(validated).toMatchObject({ status: 200, body: { valid: false, errors, plan: null } });
  });

  it('an unknown field is refused', async () => {
    const refused = await api.call('POST', '/api/v1/workflows', {
      json: { name: 'x', definition: TWO_STEPS, colour: 'red' },
    });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: 'colour', code: 'field_unknown' }] } });
  });
});

describe('changing a workflow', () => {
  it('PUT makes a new version only when the definition changed', async () => {
    const { id } = await create('Versions');
    const same = await api.call('PUT', `/api/v1/workflows/${id}`, { json: { name: 'Renamed', definition: TWO_STEPS } });
    expect(same.body).toMatchObject({ name: 'Renamed', version: 1 });
    const definition = {
      ...TWO_STEPS,
      steps: [TWO_STEPS.steps[0]!, { id: 'third', type: 'log', config: { message: 'three' } }],
    };
    const changed = await api.call('PUT', `/api/v1/workflows/${id}`, { json: { definition } });
    expect(changed.body).toMatchObject({ version: 2 });
    const diff = await api.call('GET', `/api/v1/workflows/${id}/versions/1/diff/2`);
    expect(diff.body).toMatchObject({ from: 1, to: 2, steps: { added: ['third'], removed: ['second'], changed: [] } });
    const restored = await api.call('POST', `/api/v1/workflows/${id}/versions/1/restore`);
    expect(restored.body).toMatchObject({ version: 3 });
    const versions = await api.call('GET', `/api/v1/workflows/${id}/versions?limit=2`);
    expect(versions.body.items.map((item: { version: number }) => item.version)).toEqual([3, 2]);
    const rest = await api.call(
      'GET',
      `/api/v1/workflows/${id}/versions?limit=2&cursor=${versions.body.next_cursor as string}`,
    );
    expect(rest.body).toMatchObject({ items: [{ version: 1 }], next_cursor: null });
  });

  it('PUT keeps comments that were changed without the definition, and makes no version for them', async () => {
    const text = (comment: string): string =>
      `# ${comment}\nname: Commented\nsteps: [{id: a, type: log, config: {message: x}}]\n`;
    const { body } = await api.call('POST', '/api/v1/workflows', { yaml: text('first') });
    const put = await api.call('PUT', `/api/v1/workflows/${body.id as string}`, { yaml: text('second') });
    expect(put.body).toMatchObject({ version: 1 });
    const source = async (): Promise<unknown> =>
      (await api.call('GET', `/api/v1/workflows/${body.id as string}/versions/1`)).body.source;
    expect(await source()).toBe(text('second'));
    await api.call('PUT', `/api/v1/workflows/${body.id as string}`, { json: { definition: put.body.definition } });
    expect(await source()).toBe(text('second'));
  });

  it('a write that names an older ETag is refused with 412, one with the current ETag goes through', async () => {
    const { id } = await create('Guarded');
    const seen = await api.call('GET', `/api/v1/workflows/${id}`);
    const headers = { 'if-match': String(seen.headers.etag) };
    expect(
      (await api.call('PATCH', `/api/v1/workflows/${id}`, { json: { description: 'first' }, headers })).status,
    ).toBe(200);
    const late = await api.call('PATCH', `/api/v1/workflows/${id}`, { json: { description: 'second' }, headers });
    expect(late).toMatchObject({ status: 412, body: { code: 'revision_mismatch' } });
    expect((await api.call('DELETE', `/api/v1/workflows/${id}`, { headers })).status).toBe(412);
    expect((await api.call('POST', `/api/v1/workflows/${id}/activate`, { headers })).status).toBe(412);
  });

  it('of two writers with one ETag, one wins', async () => {
    const { id } = await create('Race');
    const headers = { 'if-match': '"1"' };
    const writes = ['a', 'b', 'c'].map((description) =>
      api.call('PATCH', `/api/v1/workflows/${id}`, { json: { description }, headers }),
    );
    const statuses = (await Promise.all(writes)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 412, 412]);
  });

  it('writers at once, each without an ETag, go on from what the one before wrote', async () => {
    const { id } = await create('Many writers');
    const names = ['a', 'b', 'c', 'd', 'e'];
    const writes = names.map((name) =>
      api.call('POST', `/api/v1/workflows/${id}/tasks`, {
        json: { name, task_type: 'log', config: { message: name } },
      }),
    );
    expect((await Promise.all(writes)).map(({ status }) => status)).toEqual(names.map(() => 201));
    const { body } = await api.call('GET', `/api/v1/workflows/${id}`);
    const { version, definition } = body as { version: number; definition: { steps: { id: string }[] } };
    expect(version).toBe(1 + names.length);
    expect(definition.steps.map((step) => step.id).toSorted()).toEqual([...names, 'first', 'second']);
  });

  it('tasks are appended, changed and removed, each as a new version', async () => {
    const { id } = await create('Tasks');
    const base = `/api/v1/workflows/${id}/tasks`;
    const body = { name: 'Say more', task_type: 'log', config: { message: 'more' }, depends_on: ['first'] };
    expect((await api.call('POST', base, { json: body })).body).toMatchObject({
      id: 'say_more',
      type: 'log',
      depends_on: ['first'],
    });
    const changed = await api.call('PUT', `${base}/say_more`, { json: { config: { message: 'less' } } });
    expect(changed.body).toMatchObject({ id: 'say_more', name: 'Say more', config: { message: 'less' } });
    expect((await api.call('DELETE', `${base}/say_more`)).status).toBe(204);
    expect(await api.call('GET', `${base}/say_more`)).toMatchObject({ status: 404, body: { code: 'task_not_found' } });
    expect((await api.call('GET', `/api/v1/workflows/${id}`)).body).toMatchObject({ version: 4 });
    const bad = await api.call('POST', base, { json: { name: 'x', task_type: 'nowhere' } });
    expect(bad).toMatchObject({ status: 422, body: { code: 'definition_invalid' } });
  });
});

describe('states', () => {
  it('go draft, active, paused, active, archived; anything else is 409', async () => {
    const { id } = await create('States');
    const verb = async (name: string) => (await api.call('POST', `/api/v1/workflows/${id}/${name}`)).status;
    expect(await verb('pause')).toBe(409);
    expect(await verb('activate')).toBe(200);
    expect(await verb('pause')).toBe(200);
    expect(await verb('pause')).toBe(409);
    expect(await verb('resume')).toBe(200);
    expect(await verb('archive')).toBe(200);
    expect(await verb('activate')).toBe(409);
    const status = await api.call('GET', `/api/v1/workflows/${id}/status`);
    expect(status.body).toMatchObject({ id, status: 'archived', is_deployed: false, last_execution: null });
  });

  it('a deployed workflow is not deleted', async () => {
    const { id } = await create('In force');
    await api.database.database.query('UPDATE workflow SET deployed_version = 1 WHERE id = $1', [id]);
    expect(await api.call('DELETE', `/api/v1/workflows/${id}`)).toMatchObject({
      status: 409,
      body: { code: 'workflow_deployed' },
    });
    await api.database.database.query('UPDATE workflow SET deployed_version = NULL WHERE id = $1', [id]);
    expect((await api.call('DELETE', `/api/v1/workflows/${id}`)).status).toBe(204);
    expect(await api.call('GET', `/api/v1/workflows/${id}`)).toMatchObject({
      status: 404,
      body: { code: 'workflow_not_found' },
    });
  });
});

describe('reading', () => {
  it('a workflow is found by id and by slug', async () => {
    const { id, slug } = await create('Findable');
    expect((await api.call('GET', `/api/v1/workflows/${slug}`)).body).toMatchObject({ id });
    expect((await api.call('GET', `/v1/workflows/${id}`)).body).toMatchObject({ slug });
  });

  it('the list filters by owner, status, tags, text and template, newest first, page by page', async () => {
    const made = [];
    for (let n = 0; n < 3; n++)
      made.push(await create(`Listed ${n}`, { tags: ['listed', `n${n}`], owner_id: 'olga', is_template: n === 0 }));
    const names = async (query: string) => {
      const { body } = await api.call('GET', `/api/v1/workflows?${query}`);
      return (body.items as { name: string }[]).map(({ name }) => name);
    };
    expect(await names('tags=listed')).toEqual(['Listed 2', 'Listed 1', 'Listed 0']);
    expect(await names('tags=listed,n1')).toEqual(['Listed 1']);
    expect(await names('owner_id=olga&is_template=true')).toEqual(['Listed 0']);
    expect(await names('owner_id=olga&is_template=1')).toEqual(['Listed 0']);
    expect(await names('q=LISTED%201')).toEqual(['Listed 1']);
    expect(await names('tags=listed&status=active')).toEqual([]);
    const first = await api.call('GET', '/api/v1/workflows?tags=listed&limit=2');
    const second = await api.call(
      'GET',
      `/api/v1/workflows?tags=listed&limit=2&cursor=${first.body.next_cursor as string}`,
    );
    expect(second.body).toMatchObject({ items: [{ id: made[0]!.id }], next_cursor: null });
    expect((await api.call('GET', '/api/v1/workflows?status=nowhere')).status).toBe(422);
  });

  it('a cursor or a version that nobody made is refused, never an internal error', async () => {
    const { id } = await create('Refused');
    const made = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url');
    for (const cursor of ['!', made('x'), made({}), made(null)]) {
      expect((await api.call('GET', `/api/v1/workflows?cursor=${cursor}`)).status).toBe(422);
    }
    expect((await api.call('GET', `/api/v1/workflows/${id}/versions/99999999999`)).status).toBe(404);
    expect((await api.call('GET', `/api/v1/workflows/${id}/versions/x`)).status).toBe(400);
    expect((await api.call('GET', `/api/v1/workflows/${id}/graph?version=x`)).status).toBe(422);
    expect((await api.call('GET', `/api/v1/workflows/${id}/graph?version=99999999999`)).status).toBe(404);
    for (const name of ['nul \u0000 here', 'lone \ud800 surrogate']) {
      expect(
        (await api.call('POST', '/api/v1/workflows', { json: { name, definition: TWO_STEPS } })).status,
      ).toBeLessThan(500);
    }
    expect((await api.call('GET', '/api/v1/workflows?q=%00')).status).toBeLessThan(500);
    expect((await api.call('GET', '/api/v1/workflows/%00')).status).toBeLessThan(500);
  });

  it('its number of executions and its success rate come from the counters', async () => {
    const { id } = await create('Counted');
    const insert =
      'INSERT INTO workflow_counter (workflow_id, slot, completed, failed, duration_ms, last_executed, last_status) VALUES';
    await api.database.database.query(
      `${insert} ($1, 0, 6, 1, 700, now(), 'completed'), ($1, 1, 3, 0, 300, now(), 'completed')`,
      [id],
    );
    expect((await api.call('GET', `/api/v1/workflows/${id}`)).body).toMatchObject({
      execution_count: 10,
      success_rate: 0.9,
      last_status: 'completed',
    });
    expect((await api.call('GET', `/api/v1/workflows/${id}/statistics`)).body).toMatchObject({
      workflow_id: id,
      last_status: 'completed',
    });
  });

  it('the graph comes as JSON, Mermaid and SVG', async () => {
    const { id } = await create('Drawn');
    const json = await api.call('GET', `/api/v1/workflows/${id}/graph`);
    expect((json.body.nodes as { id: string }[]).map((node) => node.id)).toEqual(['first', 'second']);
    const mermaid = await api.call('GET', `/api/v1/workflows/${id}/graph?format=mermaid`);
    expect(mermaid.headers['content-type']).toContain('text/plain');
    const svg = await api.call('GET', `/api/v1/workflows/${id}/graph?format=svg`);
    expect(svg.headers['content-type']).toContain('image/svg+xml');
    expect(svg.text).toContain('<svg');
  });

  it('a template becomes a workflow of its own with the given variables', async () => {
    const { id } = await create('Template', { is_template: true });
    const made = await api.call('POST', `/api/v1/workflows/${id}/instantiate`, {
      json: { name: 'Made', variables: { batch_size: 99 } },
    });
    expect(made).toMatchObject({
      status: 201,
      body: { name: 'Made', is_template: false, variables: { batch_size: 99 } },
    });
    const plain = await create('No template');
    const refused = await api.call('POST', `/api/v1/workflows/${plain.id}/instantiate`, { json: { name: 'x' } });
    expect(refused).toMatchObject({ status: 409, body: { code: 'not_a_template' } });
  });
});
