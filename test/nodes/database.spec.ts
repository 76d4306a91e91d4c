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
const BOOLEAN: Record<string, string> = { postgresql: 'boolean', sqlite: 'boolean', mariadb: 'boolean' };
const JSON_TYPE: Record<string, string> = { postgresql: 'jsonb', sqlite: 'text', mariadb: 'json' };
/** A query of constants, and what it gives. */
const VALUES: Record<string, [string, object]> = {
  postgresql: [
    `SELECT 7::int8 AS small, 9007199254740993 AS large, 1.10::numeric AS exact, 0.5::float8 AS part, 'NaN'::float8 AS nan,
       true AS flag, NULL::text AS nothing, 'é''"' AS text, '\\x00ff'::bytea AS bytes, '{"a": 1}'::jsonb AS data,
       '2026-03-01'::date AS day, '2026-03-01 12:00:00.5'::timestamp AS local, '2026-03-01 12:00:00+02'::timestamptz AS instant,
       '1 day'::interval AS span, '12:30:00'::time AS at, ARRAY[1, 9007199254740993] AS numbers,
       ARRAY['2026-03-01'::date, NULL] AS days, ARRAY['2026-03-01 12:00:00'::timestamp] AS locals,
       ARRAY[1.10::numeric] AS exacts, ARRAY['\\x00ff'::bytea] AS many_bytes, ARRAY['a', NULL] AS texts`,
    {
      small: 7,
      large: '9007199254740993',
      exact: '1.10',
      part: 0.5,
      nan: 'NaN',
      flag: true,
      nothing: null,
      text: `é'"`,
      bytes: 'AP8=',
      data: { a: 1 },
      day: '2026-03-01',
      local: '2026-03-01 12:00:00.5',
      instant: '2026-03-01T10:00:00.000Z',
      span: '1 day',
      at: '12:30:00',
      numbers: [1, '9007199254740993'],
      days: ['2026-03-01', null],
      locals: ['2026-03-01 12:00:00'],
      exacts: ['1.10'],
      many_bytes: ['AP8='],
      texts: ['a', null],
    },
  ],
  mariadb: [
    `SELECT CAST(7 AS SIGNED) AS small, 9007199254740993 AS large, 1.10 AS exact, CAST(0.5 AS DOUBLE) AS part, TRUE AS flag,
       NULL AS nothing, 'é''"' AS text, x'00ff' AS bytes, CAST('2026-03-01' AS DATE) AS day,
       CAST('2026-03-01 12:00:00.5' AS DATETIME(1)) AS local, CAST('12:30:00' AS TIME) AS at, 18446744073709551615 AS huge`,
    {
      small: 7,
      large: '9007199254740993',
      exact: '1.10',
      part: 0.5,
      flag: 1,
      nothing: null,
      text: `é'"`,
      bytes: 'AP8=',
      day: '2026-03-01',
      local: '2026-03-01 12:00:00.5',
      at: '12:30:00',
      huge: '18446744073709551615',
    },
  ],
  sqlite: [
    `SELECT 7 AS small, 9007199254740993 AS large, 0.5 AS part, TRUE AS flag, NULL AS missing, 'é''"' AS text, x'00ff' AS bytes,
       date('2026-03-01') AS day, 9e999 AS infinite`,
    {
      small: 7,
      large: '9007199254740993',
      part: 0.5,
      flag: 1,
      missing: null,
      text: `é'"`,
      bytes: 'AP8=',
      day: '2026-03-01',
      infinite: 'Infinity',
    },
  ],
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

  it('counts rows, not what its database counts: an upsert of one row that was there is one', async () => {
    const upsert = { operation: 'upsert', table: 'item', key: ['id'] };
    const values = [
      { id: 30, name: 'new', stock: 1 },
      { id: 31, name: 'new too', stock: 1 },
    ];
    expect(await run({ ...upsert, values })).toEqual({ rows: [], row_count: 2 });
    expect(await run({ ...upsert, values: values.map((row) => ({ ...row, stock: 2 })) })).toMatchObject({
      row_count: 2,
    });
    expect(await run({ ...upsert, values: [{ id: 30, name: 'new', stock: 2 }] })).toMatchObject({ row_count: 1 });
    const same = { operation: 'update', table: 'item', values: { stock: 2 }, where: { id: [30, 31] } };
    expect(await run(same)).toMatchObject({ row_count: 2 });
    expect(await run({ operation: 'delete', table: 'item', where: { id: [30, 31] } })).toMatchObject({ row_count: 2 });
    expect(await run({ operation: 'execute', sql: 'UPDATE item SET stock = 1 WHERE id = 999' })).toEqual({
      rows: [],
      row_count: 0,
    });
  });

  it('gives values as JSON holds them: what a number cannot hold is text, bytes are base64', async () => {
    const { rows } = await run({ operation: 'query', sql: VALUES[driver]![0] });
    expect(rows).toEqual([VALUES[driver]![1]]);
  });

  it('binds what JSON has: true and false, fractions, null, lists and objects', async () => {
    await run({
      operation: 'execute',
      sql: `CREATE TABLE kept (id int, flag ${BOOLEAN[driver]}, part real, data ${JSON_TYPE[driver]})`,
    });
    await run({ operation: 'insert', table: 'kept', values: { id: 1, flag: true, part: 0.5, data: { a: [1, 'é'] } } });
    await run({ operation: 'insert', table: 'kept', values: { id: 2, flag: false, part: null, data: [{ b: 2 }] } });
    const { rows } = await run({ operation: 'query', sql: 'SELECT * FROM kept ORDER BY id' });
    const parsed = rows.map(({ flag, data, ...row }: any) => ({
      ...row,
      flag: Boolean(flag),
      data: typeof data === 'string' ? JSON.parse(data) : data,
    }));
    expect(parsed).toEqual([
      { id: 1, flag: true, part: 0.5, data: { a: [1, 'é'] } },
      { id: 2, flag: false, part: null, data: [{ b: 2 }] },
    ]);
  });

  it('takes any name for a column of a result, or fails its step alone', async () => {
    const quote = driver === 'mariadb' ? '`' : '"';
    for (const name of ['constructor', 'prototype', '__proto__', 'toString', 'length', 'hasOwnProperty']) {
      const config = { operation: 'query', sql: `SELECT NULL AS ${quote}${name}${quote}, 1 AS n` };
      const outcome = await Promise.resolve(attempt(config)).catch((error: unknown) => error);
      if (outcome instanceof Error)
        expect([name, outcome]).toMatchObject(['__proto__', { code: expect.any(String) as string }]);
      else expect(Object.keys((outcome as any).output.rows[0])).toEqual([name, 'n']);
    }
    expect((await items('WHERE id = 2')).row_count).toBe(1);
  });

  it.each([
    ['an unknown table', { operation: 'query', sql: 'SELECT * FROM nowhere' }, 'sql_invalid', false],
    ['an unknown column', { operation: 'insert', table: 'item', values: { nothing: 1 } }, 'sql_invalid', false],
    ['a named value', { operation: 'query', sql: 'SELECT :x AS x', params: [1] }, 'sql_invalid', false],
    ['nonsense', { operation: 'execute', sql: 'SELEKT 1' }, 'sql_invalid', false],
    [
      'a value too few',
      { operation: 'query', sql: 'SELECT ID FROM item WHERE id = ? AND stock = ?', params: [1] },
      'sql_invalid',
      false,
    ],
    [
      'a doubled key',
      { operation: 'insert', table: 'item', values: { id: 2, name: 'z' } },
      'constraint_violation',
      false,
    ],
    [
      'a doubled unique value',
      { operation: 'insert', table: 'item', values: { id: 77, name: 'b' } },
      'constraint_violation',
      false,
    ],
    [
      'an empty key',
      { operation: 'insert', table: 'strict', values: { id: 1, needed: null } },
      'constraint_violation',
      false,
    ],
    [
      'a missing parent',
      { operation: 'insert', table: 'strict', values: { id: 1, needed: 1, parent: 999 } },
      'constraint_violation',
      false,
    ],
    [
      'a broken check',
      { operation: 'insert', table: 'strict', values: { id: 1, needed: -1 } },
      'constraint_violation',
      false,
    ],
  ])('says what is wrong by its code: %s', async (_what, config: Record<string, unknown>, code, retryable) => {
    await run({
      operation: 'execute',
      sql: `CREATE TABLE IF NOT EXISTS strict (id int, needed int NOT NULL, parent int, CHECK (needed > 0), FOREIGN KEY (parent) REFERENCES item (id))`,
    });
    const sql = typeof config['sql'] === 'string' ? { sql: placeholders(config['sql']) } : {};
    const error = await Promise.resolve(attempt({ ...config, ...sql })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable });
    expect((await items('WHERE id = 2')).row_count).toBe(1);
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

  it.each([
    ["SELECT '?' AS a, ?1 AS b, ?1 AS c -- ?", ['x'], { a: '?', b: 'x', c: 'x' }],
    ["SELECT ? AS \"a?\", ? AS [b?] /* ? */, 'it''s ?' AS c", [1, 2], { 'a?': 1, 'b?': 2, c: "it's ?" }],
  ])('counts placeholders as SQLite does: %s', async (sql, params, row) => {
    const connections = testConnections({ shop: { type: 'database', config: { driver: 'sqlite', file: 'shop.db' } } });
    const config = types.registry.resolve('database', { connection: 'shop', operation: 'query', sql, params });
    const outcome = await types.registry.get('database').execute(nodeContext(config, { connections }));
    expect(outcome).toMatchObject({ output: { rows: [row] } });
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
