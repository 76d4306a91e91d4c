import { arrayLiteral } from './array-literal.js';

/**
 * Turns rows into the arrays that a multi-row statement takes, and writes the matching `unnest(…)`:
 * one parameter a column, whatever the number of rows.
 */
export interface Column<Row> {
  readonly name: string;
  /** The PostgreSQL type of one value. `json` values travel as text and are cast. */
  readonly type: string;
  value(row: Row): unknown;
}

/** `unnest($1::uuid[], $2::text[], …) AS alias(id, name, …)`; parameters start at `$first`. */
export function unnestSql<Row>(alias: string, columns: readonly Column<Row>[], first = 1): string {
  const arrays = columns.map((column, index) => `$${first + index}::${travelType(column.type)}[]`);
  return `unnest(${arrays.join(', ')}) AS ${alias}(${columns.map((column) => column.name).join(', ')})`;
}

/** The select list that casts travelling text back to its type. */
export function selectSql<Row>(alias: string, columns: readonly Column<Row>[]): string {
  return columns.map(({ name, type }) => (type === 'json' ? `${alias}.${name}::json` : `${alias}.${name}`)).join(', ');
}

/** One array literal a column. */
export function unnestValues<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  return columns.map((column) => arrayLiteral(rows.map((row) => column.value(row))));
}

/** JSON text of a value for a `json` column; null stays NULL. */
export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

function travelType(type: string): string {
  return type === 'json' ? 'text' : type;
}
