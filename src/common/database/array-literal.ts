const SPECIAL = /["\\]/g;

/**
 * A one-dimensional array as PostgreSQL reads it (its manual, 8.15.6), in one pass over the values: texts, numbers, booleans
 * and dates, or nothing. pg's own way goes over each value five times.
 * @throws TypeError for a value of another kind, RangeError for a date that is none.
 */
export function arrayLiteral(values: Iterable<unknown>): string {
  let literal = '';
  for (const value of values) literal += `,${elementOf(value)}`;
  return `{${literal.slice(1)}}`;
}

function elementOf(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return `${value}`;
  if (value instanceof Date) return `"${dateText(value)}"`;
  throw new TypeError(`an array holds a value that is neither text, number, boolean nor date: ${typeof value}`);
}

function quoted(text: string): string {
  return text.includes('"') || text.includes('\\') ? `"${text.replace(SPECIAL, '\\$&')}"` : `"${text}"`;
}

/** ISO 8601, with years as PostgreSQL writes those that have more than four digits or lie before the first. */
function dateText(date: Date): string {
  const iso = date.toISOString();
  const sign = iso[0];
  if (sign !== '+' && sign !== '-') return iso;
  const year = Number(iso.slice(0, 7));
  const rest = iso.slice(7);
  return year > 0 ? `${year}${rest}` : `${String(1 - year).padStart(4, '0')}${rest} BC`;
}
