import type { Dialect, SqlStatement } from '../../../common/sql/sql.contract.js';
import { NodeError } from '../../nodes.errors.js';
import { Binder } from './binder.js';
import type { DatabaseStatement } from './database.config.js';
import { conditionOf } from './where.js';

type Row = Readonly<Record<string, unknown>>;

/** Which statements of which dialect can give rows back. */
const RETURNING: Readonly<Record<Dialect, readonly string[]>> = {
  postgresql: ['insert', 'update', 'upsert', 'delete'],
  sqlite: ['insert', 'update', 'upsert', 'delete'],
  mariadb: ['insert', 'upsert', 'delete'],
  mysql: [],
};

/** The text and the values of a statement: names are quoted, values are bound. @throws NodeError `config_invalid` */
export function buildStatement(dialect: Dialect, statement: DatabaseStatement): SqlStatement {
  const { operation = 'execute', sql, params = [] } = statement;
  if (operation === 'query' || operation === 'execute') return { sql: sql ?? '', params };
  const binder = new Binder(dialect);
  const text = BUILD[operation as Change](statement, binder);
  return {
    sql: text + returningOf(statement, operation, binder),
    params: binder.values,
    ...(operation === 'upsert' && { mostChanged: rowsOf(statement.values).length }),
  };
}

type Change = 'insert' | 'update' | 'upsert' | 'delete';

const BUILD: Readonly<Record<Change, (statement: DatabaseStatement, binder: Binder) => string>> = {
  insert: (statement, binder) => insertOf(statement.table, rowsOf(statement.values), binder),
  update: ({ table, values, where }, binder) => {
    const row = rowOf(values, 'values');
    const changes = Object.keys(row).map((column) => `${binder.name(column)} = ${binder.bind(row[column])}`);
    if (changes.length === 0) throw invalid('values', 'needs at least one column');
    return `UPDATE ${binder.path(table)} SET ${changes.join(', ')} WHERE ${conditionOf(where, binder)}`;
  },
  upsert: upsertOf,
  delete: ({ table, where }, binder) => `DELETE FROM ${binder.path(table)} WHERE ${conditionOf(where, binder)}`,
};

function insertOf(table: unknown, rows: readonly Row[], binder: Binder): string {
  const columns = Object.keys(rows[0] ?? {});
  if (columns.length === 0) throw invalid('values', 'needs at least one row of at least one column');
  const tuples = rows.map((row) => {
    const isAlike = Object.keys(row).length === columns.length && columns.every((column) => Object.hasOwn(row, column));
    if (!isAlike) throw invalid('values', 'needs rows of the same columns');
    return `(${columns.map((column) => binder.bind(row[column])).join(', ')})`;
  });
  return `INSERT INTO ${binder.path(table)} (${columns.map((one) => binder.name(one)).join(', ')}) VALUES ${tuples.join(', ')}`;
}

function upsertOf({ table, values, where, key }: DatabaseStatement, binder: Binder): string {
  const found = where === undefined || where === null ? {} : rowOf(where, 'where');
  const rows = rowsOf(values).map((row) => ({ ...found, ...row }));
  const keys = key === undefined || key === null ? Object.keys(found) : namesOf(key, 'key');
  if (keys.length === 0) throw invalid('key', 'upsert needs the columns that tell whether the row is there');
  const insert = insertOf(table, rows, binder);
  const changed = Object.keys(rows[0] ?? {}).filter((column) => !keys.includes(column));
  const columns = changed.map((column) => binder.name(column));
  if (binder.isMysql) {
    // Without anything to change, a column that stays what it is.
    const kept = binder.name(keys[0]);
    const changes = columns.map((column) => `${column} = VALUES(${column})`).join(', ');
    return `${insert} ON DUPLICATE KEY UPDATE ${changes === '' ? `${kept} = ${kept}` : changes}`;
  }
  const target = keys.map((column) => binder.name(column)).join(', ');
  const changes = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  return `${insert} ON CONFLICT (${target}) DO ${changes === '' ? 'NOTHING' : `UPDATE SET ${changes}`}`;
}

function returningOf({ returning }: DatabaseStatement, operation: string, binder: Binder): string {
  if (returning === undefined || returning === null) return '';
  if (!RETURNING[binder.dialect].includes(operation)) {
    throw invalid('returning', `${binder.dialect} gives no rows back from ${operation}`);
  }
  if (returning === '*') return ' RETURNING *';
  return ` RETURNING ${namesOf(returning, 'returning')
    .map((column) => binder.name(column))
    .join(', ')}`;
}

function rowsOf(values: unknown): readonly Row[] {
  return Array.isArray(values) ? values.map((row) => rowOf(row, 'values')) : [rowOf(values, 'values')];
}

function rowOf(value: unknown, path: string): Row {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(path, 'must be an object of columns and values');
  }
  return value as Row;
}

function namesOf(value: unknown, path: string): string[] {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  if (names.length === 0 || names.some((name) => typeof name !== 'string')) throw invalid(path, 'must be column names');
  return names as string[];
}

function invalid(path: string, message: string): NodeError {
  return new NodeError('config_invalid', `${path}: ${message}`);
}
