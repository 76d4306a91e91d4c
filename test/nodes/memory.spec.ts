import { beforeAll, describe, expect, it } from 'vitest';
import { OrphanedMemory } from '../../src/engine/maintenance/orphaned-memory.js';
import { startApp, type TestApp } from '../support/app.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { afterFile } from '../support/cleanup.js';

let types: NodeTypesUnderTest;
let app: TestApp;
beforeAll(async () => {
  types = await startNodeTypes();
  afterFile(() => types.close());
  app = await startApp();
});

let count = 0;
async function run(config: object, given = {}): Promise<any> {
  const own = { idempotencyKey: `e:${++count}`, ...given };
  const outcome = await types.registry
    .get('memory')
    .execute(nodeContext(types.registry.resolve('memory', config), own));
  return outcome.kind === 'done' ? outcome.output : outcome;
}

describe('a memory step', () => {
  it('keeps a value, counts its revisions, and forgets it when it is deleted', async () => {
    const key = 'kept';
    expect(await run({ operation: 'get', key, default: 0 })).toEqual({ value: 0, revision: 0 });
    expect(await run({ operation: 'set', key, value: { a: 1 } })).toEqual({ value: { a: 1 }, revision: 1 });
    expect(await run({ operation: 'set', key, value: null })).toEqual({ value: null, revision: 2 });
    expect(await run({ operation: 'get', key, default: 0 })).toEqual({ value: null, revision: 2 });
    expect(await run({ operation: 'delete', key })).toEqual({ deleted: true });
    expect(await run({ operation: 'delete', key })).toEqual({ deleted: false });
    expect(await run({ operation: 'set', key, value: 1 })).toMatchObject({ revision: 1 });
  });

  it('changes nothing a second time when an attempt is repeated', async () => {
    for (const operation of ['increment', 'append'] as const) {
      const config = { operation, key: `repeated_${operation}`, value: 'x' };
      const first = await run(config, { idempotencyKey: 'e:same', attempt: 1 });
      expect(await run(config, { idempotencyKey: 'e:same', attempt: 2 })).toEqual(first);
      expect(await run(config)).toMatchObject({ revision: 2 });
    }
  });

  it('makes no change a second time when others came between', async () => {
    for (const operation of ['increment', 'append', 'set'] as const) {
      const config = { operation, key: `between_${operation}`, value: 'x' };
      const first = await run(config, { idempotencyKey: `e:${operation}` });
      const second = await run(config);
      expect(await run(config, { idempotencyKey: `e:${operation}`, attempt: 2 })).toEqual(first);
      expect(await run({ operation: 'get', key: config.key })).toEqual(second);
    }
  });

  it('deletes once: what was set again after it stays when the attempt is repeated', async () => {
    const remove = { operation: 'delete', key: 'gone_once' };
    await run({ operation: 'set', key: 'gone_once', value: 1 });
    expect(await run(remove, { idempotencyKey: 'e:gone' })).toEqual({ deleted: true });
    expect(await run(remove, { idempotencyKey: 'e:gone', attempt: 2 })).toEqual({ deleted: true });
    await run({ operation: 'set', key: 'gone_once', value: 2 });
    expect(await run(remove, { idempotencyKey: 'e:gone', attempt: 3 })).toEqual({ deleted: true });
    expect(await run({ operation: 'get', key: 'gone_once' })).toMatchObject({ value: 2 });
  });

  it('loses no change of many at once', async () => {
    await Promise.all(Array.from({ length: 30 }, () => run({ operation: 'increment', key: 'many', by: 2 })));
    expect(await run({ operation: 'get', key: 'many' })).toEqual({ value: 60, revision: 30 });
  });

  it('compares and sets', async () => {
    const set = (if_revision: number, value: number) => run({ operation: 'set', key: 'compared', value, if_revision });
    expect(await set(0, 1)).toMatchObject({ revision: 1 });
    await expect(set(0, 2)).rejects.toMatchObject({ code: 'revision_mismatch', retryable: false });
    expect(await set(1, 3)).toMatchObject({ revision: 2 });
    await expect(run({ operation: 'delete', key: 'compared', if_revision: 1 })).rejects.toThrow();
    expect(await run({ operation: 'get', key: 'compared' })).toEqual({ value: 3, revision: 2 });
  });

  it('refuses to count what is no number and to append to what is no list, and keeps the value', async () => {
    await run({ operation: 'set', key: 'text', value: 'x' });
    for (const operation of ['increment', 'append'])
      await expect(run({ operation, key: 'text', value: 1 })).rejects.toMatchObject({ code: 'memory_value_invalid' });
    expect(await run({ operation: 'get', key: 'text' })).toEqual({ value: 'x', revision: 1 });
  });

  it('keeps the last items of a list', async () => {
    for (const value of [1, 2, 3]) await run({ operation: 'append', key: 'list', value, max_items: 2 });
    expect(await run({ operation: 'get', key: 'list' })).toMatchObject({ value: [2, 3] });
  });

  it('forgets a value when its time is over', async () => {
    await run({ operation: 'set', key: 'brief', value: 1, ttl: 0 });
    expect(await run({ operation: 'get', key: 'brief' })).toEqual({ value: null, revision: 0 });
    expect((await run({ operation: 'list', prefix: 'brief' })).items).toEqual([]);
    expect(await run({ operation: 'set', key: 'brief', value: 2, if_revision: 0 })).toMatchObject({ value: 2 });
  });

  it('keeps executions, workflows and conversations apart', async () => {
    const set = (scope: string, value: number, more = {}, given = {}) =>
      run({ operation: 'set', scope, key: 'own', value, ...more }, given);
    await set('workflow', 1, {}, { workflowId: 'a' });
    await set('workflow', 2, {}, { workflowId: 'b' });
    await set('execution', 3, {}, { executionId: 'a' });
    await set('conversation', 4, { conversation: 'a' });
    await set('global', 5);
    const get = (scope: string, more = {}, given = {}) => run({ operation: 'get', scope, key: 'own', ...more }, given);
    expect(await get('workflow', {}, { workflowId: 'a' })).toMatchObject({ value: 1 });
    expect(await get('execution', {}, { executionId: 'a' })).toMatchObject({ value: 3 });
    expect(await get('execution', {}, { executionId: 'b' })).toMatchObject({ value: null });
    expect(await get('conversation', { conversation: 'a' })).toMatchObject({ value: 4 });
    expect(await get('global')).toMatchObject({ value: 5 });
  });

  it('lists by prefix and searches by words', async () => {
    await run({ operation: 'set', key: 'note/1', value: { text: 'Invoice of Ann' } });
    await run({ operation: 'set', key: 'note/2', value: 'invoice of Bob' });
    await run({ operation: 'set', key: 'other', value: 'invoice of Ann' });
    const keys = ({ items }: { items: { key: string }[] }) => items.map(({ key }) => key);
    expect(keys(await run({ operation: 'list', prefix: 'note/' }))).toEqual(['note/1', 'note/2']);
    expect(keys(await run({ operation: 'search', query: 'ann INVOICE', prefix: 'note/' }))).toEqual(['note/1']);
    // A word may stand in the key as well.
    expect(keys(await run({ operation: 'search', query: 'OTHER ann' }))).toEqual(['other']);
    expect(keys(await run({ operation: 'search', query: 'a%_' }))).toEqual([]);
  });
});

it('what an execution or a workflow has kept goes when it is gone, and nothing else', async () => {
  const remember = (scope: string): string =>
    `{id: in_${scope}, type: memory, config: ${JSON.stringify({
      operation: 'set',
      scope,
      key: 'note',
      value: scope,
      ...(scope === 'conversation' && { conversation: 'c-1' }),
    })}}`;
  const steps = ['execution', 'workflow', 'global', 'conversation'].map(remember);
  const yaml = (name: string): string => `name: ${name}\nsteps: [${steps.join(', ')}]`;
  const [stays, goes] = [await app.api.run(yaml('stays')), await app.api.run(yaml('goes'))];
  const owners = async (scope: string): Promise<unknown[]> => {
    const sql = `SELECT owner FROM memory WHERE scope = $1 AND key = 'note' ORDER BY owner`;
    return (await app.db.database.query<{ owner: string }>(sql, [scope])).map(({ owner }) => owner);
  };
  expect(await owners('execution')).toEqual([stays.id, goes.id]);
  expect((await app.api.call('DELETE', `/executions/${goes.id}`)).status).toBe(204);
  expect((await app.api.call('DELETE', `/workflows/${goes.workflow_id}`)).status).toBe(204);
  await app.app.get(OrphanedMemory).forget();
  expect(await owners('execution')).toEqual([stays.id]);
  expect(await owners('workflow')).toEqual([stays.workflow_id]);
  expect(await owners('global')).toEqual(['']);
  expect(await owners('conversation')).toEqual(['c-1']);
});

describe('the memory API', () => {
  const put = (value: unknown, headers = {}, more = {}) =>
    app.api.call('PUT', '/memory/global/setting', { value, ...more }, headers);

  it('sets, shows and removes a value; If-Match holds it to a revision', async () => {
    expect((await app.api.get('/memory/global/setting')).body).toMatchObject({ code: 'memory_not_found' });
    expect(await put({ a: 1 }, { 'if-match': '0' })).toMatchObject({
      status: 200,
      body: { value: { a: 1 }, revision: 1 },
    });
    expect(await put(2, { 'if-match': '0' })).toMatchObject({ status: 412, body: { code: 'revision_mismatch' } });
    expect(await put(2, { 'if-match': '"1"' }, { ttl: '1h' })).toMatchObject({ body: { revision: 2 } });
    const shown = await app.api.get('/memory/global/setting');
    expect(shown.body).toMatchObject({ value: 2, revision: 2 });
    expect(shown.body.ttl).toBeGreaterThan(3_500);
    expect((await app.api.call('DELETE', '/memory/global/setting', undefined, { 'if-match': '1' })).status).toBe(412);
    expect((await app.api.call('DELETE', '/memory/global/setting')).status).toBe(204);
    expect((await app.api.call('DELETE', '/memory/global/setting')).status).toBe(404);
  });

  it('takes null, and refuses what is missing, and callers who are bound to an owner', async () => {
    expect((await put(null)).body).toMatchObject({ value: null });
    expect((await app.api.call('PUT', '/memory/global/setting', {})).status).toBe(422);
    const made = await app.api.post('/api-keys', { name: 'bound', role: 'editor', owner_id: 'ann' });
    const bound = await app.api.call('GET', '/memory/global/setting', undefined, {
      authorization: `Bearer ${String(made.body.key)}`,
    });
    expect(bound).toMatchObject({ status: 403, body: { code: 'memory_not_allowed' } });
  });

  it('shows what a step has kept for its workflow', async () => {
    const execution = await app.api.run(
      'name: Count\nsteps:\n  - {id: count, type: memory, config: {operation: increment, key: runs}}',
    );
    expect(execution.output).toEqual({ value: 1, revision: 1 });
    const shown = await app.api.get(`/memory/workflow/runs?owner=${execution.workflow_id}`);
    expect(shown.body).toMatchObject({ value: 1, ttl: null });
    expect((await app.api.get('/memory/workflow/runs')).status).toBe(422);
    expect((await app.api.get('/memory/workflow/runs?owner=count')).body).toMatchObject({
      code: 'memory_value_invalid',
      detail: expect.stringContaining('id of the workflow') as string,
    });
    expect((await app.api.get('/memory/nowhere/runs')).status).toBe(422);
  });
});
