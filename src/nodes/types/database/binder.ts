import type { Dialect } from '../../../common/sql/sql.contract.js';
import { NodeError } from '../../nodes.errors.js';

const LONGEST_NAME = 128;
/** What all databases take in one statement (SQLite: 32,766). */
const MOST_VALUES = 30_000;

/** Gathers the values of a statement and writes names and placeholders as its dialect wants them. */
export class Binder {
  readonly values: unknown[] = [];

  constructor(readonly dialect: Dialect) {}

  get isMysql(): boolean {
    return this.dialect === 'mysql' || this.dialect === 'mariadb';
  }

  /** The placeholder of a value. */
  bind(value: unknown): string {
    this.values.push(value);
    if (this.values.length > MOST_VALUES) {
      throw new NodeError('config_invalid', `values: more than ${MOST_VALUES} values. Write them in several steps.`);
    }
    return this.dialect === 'postgresql' ? `$${this.values.length}` : '?';
  }

  /** A quoted name: whatever it holds, it is a name. */
  name(name: unknown): string {
    if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME || name.includes('\0')) {
      throw new NodeError('config_invalid', `"${String(name)}" is no name of a table or column`);
    }
    const quote = this.isMysql ? '`' : '"';
    return quote + name.replaceAll(quote, quote + quote) + quote;
  }

  /** A table, its schema before a dot. */
  path(path: unknown): string {
    return (typeof path === 'string' ? path : '')
      .split('.')
      .map((part) => this.name(part))
      .join('.');
  }
}
