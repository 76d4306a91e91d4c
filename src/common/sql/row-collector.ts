import { resultTooLarge, rowsTooMany, type SqlError } from './sql.errors.js';

type Row = Readonly<Record<string, unknown>>;

/** A step's output holds no more either. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Gathers rows as they come, until there are too many: what is over is never held in memory. */
export class RowCollector {
  readonly rows: Row[] = [];
  /** Why the result is refused; null while it is not. */
  fault: SqlError | null = null;
  private bytes = 0;

  constructor(private readonly maxRows: number) {}

  /** @returns false when the statement is to be stopped. */
  add(row: Row): boolean {
    if (this.fault !== null) return false;
    if (this.rows.length >= this.maxRows) this.fault = rowsTooMany(this.maxRows);
    else {
      const plain = plainRow(row);
      this.bytes += JSON.stringify(plain).length;
      if (this.bytes > MAX_BYTES) this.fault = resultTooLarge(MAX_BYTES);
      else this.rows.push(plain);
    }
    return this.fault === null;
  }
}

/** A row as JSON holds it: dates as RFC 3339, bytes as base64, integers beyond 2^53 as text. */
export function plainRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value;
}
