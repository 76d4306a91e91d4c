import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connections } from '../../src/common/connections/connections.js';
import type { NodeOutcome } from '../../src/nodes/node.contract.js';
import { databaseConfig, testConnections } from '../support/databases.js';
import { eventually } from '../support/eventually.js';
import { nodeContext } from '../support/node-context.js';
import { startNodeTypes, type NodeTypesUnderTest } from '../support/node-types.js';
import { requireService } from '../support/services.js';

const DRIVERS = ['postgresql', 'sqlite', ...(requireService('mariadb') ? ['mariadb'] : [])];
const SERIAL: Record<string, string> = {
  postgresql: 'id int PRIMARY KEY',
  sqlite: 'id INTEGER PRIMARY KEY',
  mariadb: 'id int PRIMARY KEY',
};
const ENDLESS: Record<string, string> = {
  postgresql: 'SELECT pg_sleep(1000)',
  sqlite: 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c',
  mariadb: 'SELECT SLEEP(1000)',
};
const MANY = 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 900) SELECT x FROM c';
const INJECTION = `x'); DROP TABLE item; --"\`\\`;

describe.each(DRIVERS)('a database step on %s', (driver) => {
  let types: NodeTypesUnderTest;
  let connections: Connections;
  beforeAll(async () => {
    types = await startNodeTypes();
    connections = testConnections({ shop: { type: 'database', config: await databaseConfig(driver) } });
    await run({
      operation: 'execute',
      sql: `CREATE TABLE item (${SERIAL[driver]}, name varchar(200), stock int, UNIQUE (name))`,
    });
  });
  afterAll(() => types.close());

  const context = (config: object) => {
    const resolved = types.registry.resolve('database', { connection: 'shop', ...config });
    return nodeContext(resolved, { connections });
  };
  const attempt = async (config: object): Promise<NodeOutcome> =>
    types.registry.get('database').execute(context(config));
  const run = async (config: object): Promise<any> => {
    const outcome = await attempt(config);
    if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
    return outcome.output;
  };
  const placeholders = (sql: string) => (driver === 'postgresql' ? sql.replace('?', '$1').replace('?', '$2') : sql);
  const items = (where = '') =>
    run({ operation: 'query', sql: `SELECT id, name, stock FROM item ${where} ORDER BY id` });

  it('inserts one row and several, reads them with bound values, and says how many', async () => {
    expect(await run({ operation: 'insert', table: 'item', values: { id: 1, name: 'a', stock: 5 } })).toEqual({
      rows: [],
      row_count: 1,
    });
    const values = [
      { id: 2, name: 'b', stock: null },
      { id: 3, name: 'c', stock: 7 },
    ];
    expect(await run({ operation: 'insert', table: 'item', values })).toMatchObject({ row_count: 2 });
    const sql = placeholders('SELECT id, stock FROM item WHERE name = ? OR id = ? ORDER BY id');
    expect(await run({ operation: 'query', sql, params: ['b', 3] })).toEqual({
      rows: [
        { id: 2, stock: null },
        { id: 3, stock: 7 },
      ],
      row_count: 2,
    });
  });

  it('updates and deletes what `where` names, by equality, null, list and comparison', async () => {
    expect(
      await run({ operation: 'update', table: 'item', values: { stock: 1 }, where: { stock: null } }),
    ).toMatchObject({
      row_count: 1,
    });
    expect(
      await run({ operation: 'update', table: 'item', values: { stock: 9 }, where: { id: [1, 3] } }),
    ).toMatchObject({
      row_count: 2,
    });
    expect(
      await run({ operation: 'delete', table: 'item', where: { stock: { gt: 8, lte: 9 }, name: 'c' } }),
    ).toMatchObject({
      row_count: 1,
    });
    expect(await run({ operation: 'delete', table: 'item', where: { id: [] } })).toMatchObject({ row_count: 0 });
    expect((await items()).rows).toEqual([
      { id: 1, name: 'a', stock: 9 },
      { id: 2, name: 'b', stock: 1 },
    ]);
  });

  it('upserts by key, and by the columns of `where`', async () => {
    const upsert = { operation: 'upsert', table: 'item' };
    await run({ ...upsert, values: { id: 1, name: 'a2', stock: 1 }, key: ['id'] });
    await run({ ...upsert, values: { name: 'd', stock: 4 }, where: { id: 4 } });
    await run({ ...upsert, values: { name: 'd2' }, where: { id: 4 } });
    expect((await items('WHERE id IN (1, 4)')).rows).toEqual([
      { id: 1, name: 'a2', stock: 1 },
      { id: 4, name: 'd2', stock: 4 },
    ]);
  });

  it('gives changed rows back where the database can', async () => {
    const returned = await run({
      operation: 'insert',
      table: 'item',
      values: { id: 5, name: 'e' },
      returning: ['id', 'name'],
    });
    expect(returned).toEqual({ rows: [{ id: 5, name: 'e' }], row_count: 1 });
    const update = { operation: 'update', table: 'item', values: { stock: 2 }, where: { id: 5 }, returning: '*' };
    if (driver === 'mariadb') await expect(attempt(update)).rejects.toMatchObject({ code: 'config_invalid' });
    else expect((await run(update)).rows).toEqual([{ id: 5, name: 'e', stock: 2 }]);
  });

  it('takes a transaction as a whole, or not at all', async () => {
    const statements = [
      { operation: 'insert', table: 'item', values: { id: 10, name: 'ten' } },
      { sql: `UPDATE item SET stock = 10 WHERE id = 10` },
    ];
    const output = await run({ operation: 'transaction', statements });
    expect(output).toMatchObject({ row_count: 2, results: [{ row_count: 1 }, { row_count: 1 }] });
    const broken = [...statements.slice(0, 0), { sql: 'DELETE FROM item' }, { sql: 'INSERT INTO nowhere VALUES (1)' }];
    await expect(attempt({ operation: 'transaction', statements: broken })).rejects.toMatchObject({
      code: 'sql_invalid',
    });
    expect((await items('WHERE id = 10')).rows).toEqual([{ id: 10, name: 'ten', stock: 10 }]);
  });

  it('binds hostile values, and quotes hostile names: neither becomes SQL', async () => {
    await run({ operation: 'insert', table: 'item', values: { id: 20, name: INJECTION } });
    await run({ operation: 'update', table: 'item', values: { stock: 20 }, where: { name: INJECTION } });
    expect((await items('WHERE id = 20')).rows).toEqual([{ id: 20, name: INJECTION, stock: 20 }]);
    for (const values of [
      { id: 21, [INJECTION]: 1 },
      { id: 21, 'name") VALUES (99) --': 1 },
      { id: 21, '': 1 },
    ]) {
      await expect(attempt({ operation: 'insert', table: 'item', values })).rejects.toMatchObject({ retryable: false });
    }
    await expect(attempt({ operation: 'delete', table: `item WHERE 1=1 --`, where: { id: 1 } })).rejects.toThrow();
    expect((await items('WHERE id IN (20, 21, 99)')).row_count).toBe(1);
  });

  it('takes one statement at a time', async () => {
    const two = { operation: 'execute', sql: 'DELETE FROM item WHERE id = 1; DELETE FROM item WHERE id = 2' };
    if (driver === 'sqlite') await attempt(two).catch(() => undefined);
    else await expect(attempt(two)).rejects.toMatchObject({ code: 'sql_invalid' });
    expect((await items('WHERE id = 2')).row_count).toBe(1);
  });

  it('writes nothing by `query`', async () => {
    const write = { operation: 'query', sql: 'DELETE FROM item WHERE id = 10' };
    await expect(attempt(write)).rejects.toMatchObject({ code: 'read_only', retryable: false });
    expect((await items('WHERE id = 10')).row_count).toBe(1);
  });

  it('fails on more rows than it may give', async () => {
    expect((await run({ operation: 'query', sql: MANY, max_rows: 900 })).row_count).toBe(900);
    await expect(attempt({ operation: 'query', sql: MANY, max_rows: 899 })).rejects.toMatchObject({
      code: 'rows_too_many',
    });
    expect((await items('WHERE id = 10')).row_count).toBe(1);
  });

  it('says which rule a change broke', async () => {
    const twice = { operation: 'insert', table: 'item', values: { id: 10, name: 'x' } };
    await expect(attempt(twice)).rejects.toMatchObject({ code: 'constraint_violation', retryable: false });
  });

  it('ends a statement on the server when its time is over or its step is aborted', async () => {
    const sql = ENDLESS[driver];
    await expect(attempt({ operation: 'execute', sql, timeout: '200ms' })).rejects.toMatchObject({ code: 'timeout' });
    const ctx = context({ operation: 'execute', sql });
    const aborted = Promise.resolve(types.registry.get('database').execute(ctx));
    setImmediate(() => ctx.abort('cancelled'));
    await expect(aborted).rejects.toMatchObject({ code: 'aborted' });
    const running: Record<string, string> = {
      postgresql: `SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' AND state = 'active' AND pid <> pg_backend_pid()`,
      mariadb: `SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP(1000)%'`,
      sqlite: 'SELECT 0 AS n',
    };
    await eventually(async () => {
      expect((await run({ operation: 'query', sql: running[driver] })).rows).toEqual([{ n: 0 }]);
    });
  });
});

describe('a SQLite step', () => {
  let types: NodeTypesUnderTest;
  beforeAll(async () => {
    types = await startNodeTypes();
  });
  afterAll(() => types.close());
  it.each([
    `ATTACH DATABASE '/tmp/millrace-escape.db' AS other`,
    `VACUUM INTO '/tmp/millrace-escape.db'`,
    `PRAGMA temp_store_directory = '/tmp'`,
    `PRAGMA writable_schema = ON`,
    `SELECT load_extension('/tmp/x.so')`,
  ])('reaches no other file: %s', async (sql) => {
    const connections = testConnections({ shop: { type: 'database', config: { driver: 'sqlite', file: 'shop.db' } } });
    const config = types.registry.resolve('database', { connection: 'shop', operation: 'execute', sql });
    const attempt = Promise.resolve(types.registry.get('database').execute(nodeContext(config, { connections })));
    await expect(attempt).rejects.toMatchObject({
      code: expect.stringMatching(/database_denied|sql_invalid/) as string,
    });
  });
});

describe('the config of a database step', () => {
  let types: NodeTypesUnderTest;
  beforeAll(async () => {
    types = await startNodeTypes();
  });
  afterAll(() => types.close());
  const check = (config: object) => types.registry.describe('database').check({ connection: 'shop', ...config });

  it.each([
    ['sql', { operation: 'query', sql: `SELECT * FROM item WHERE name = '{{ input.name }}'` }],
    ['table', { operation: 'insert', table: '{{ input.table }}', values: { a: 1 } }],
    ['returning', { operation: 'insert', table: 't', values: { a: 1 }, returning: ['{{ input.x }}'] }],
    ['key', { operation: 'upsert', table: 't', values: { a: 1 }, key: '{{ input.key }}' }],
    ['operation', { operation: '{{ input.operation }}', sql: 'SELECT 1' }],
    ['statements', { operation: 'transaction', statements: '{{ input.statements }}' }],
    ['statements[0].sql', { operation: 'transaction', statements: [{ sql: '{{ input.sql }}' }] }],
  ])('takes no template in %s', (path, config) => {
    expect(check(config)).toContainEqual(expect.objectContaining({ path, code: 'template_in_sql' }));
  });

  it('takes templates where values are bound', () => {
    expect(check({ operation: 'query', sql: 'SELECT $1', params: ['{{ input.a }}'] })).toEqual([]);
    expect(check({ operation: 'insert', table: 't', values: '{{ input.rows }}' })).toEqual([]);
    expect(check({ operation: 'delete', table: 't', where: { id: '{{ input.id }}' } })).toEqual([]);
  });

  it.each([
    ['sql', { operation: 'query' }],
    ['where', { operation: 'delete', table: 't' }],
    ['values', { operation: 'update', table: 't', where: { a: 1 } }],
    ['key', { operation: 'upsert', table: 't', values: { a: 1 } }],
    ['table', { operation: 'query', sql: 'SELECT 1', table: 't' }],
    ['statements[0].where', { operation: 'transaction', statements: [{ operation: 'delete', table: 't' }] }],
  ])('needs or refuses %s, by its operation', (path, config) => {
    expect(check(config)).toMatchObject([{ path }]);
  });
});
