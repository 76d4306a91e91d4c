import { parseDuration } from '../../common/duration.js';
import { didYouMean } from '../did-you-mean.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { snakeCase, type Path } from '../parse/source.js';

/** Reads one value: checks it and returns its normalised form, or undefined after reporting what is wrong. */
export type Field = (value: unknown, path: Path, faults: Faults) => unknown;

export const DURATION_HINT = 'Write 500ms, 30s, 5m, 2h, 7d, a number of seconds, or ISO 8601 (PT5M).';

export const text =
  (most: number): Field =>
  (value, path, faults) => {
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string') return wrongType('text', value, path, faults);
    if (value.length > most) return invalid(`May have ${most} characters.`, path, faults);
    return value;
  };

export const requiredText =
  (most: number): Field =>
  (value, path, faults) => {
    const read = text(most)(value, path, faults);
    return typeof read === 'string' && read.trim() === '' ? invalid('May not be empty.', path, faults) : read;
  };

export const boolean: Field = (value, path, faults) =>
  typeof value === 'boolean' ? value : wrongType('true or false', value, path, faults);

export const number =
  (least: number, most: number, whole: boolean): Field =>
  (value, path, faults) => {
    if (typeof value !== 'number') return wrongType('a number', value, path, faults);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? 'a whole number' : 'a number';
    return invalid(`${value} is out of range: ${kind} from ${least} to ${most}.`, path, faults);
  };

export const duration: Field = (value, path, faults) => {
  if (parseDuration(value) !== null) return value;
  faults.error('duration_invalid', path, `${show(value)} is not a duration.`, { hint: DURATION_HINT });
  return undefined;
};

export const oneOf =
  (...allowed: readonly string[]): Field =>
  (value, path, faults) => {
    if (typeof value === 'string' && allowed.includes(value)) return value;
    const hint = typeof value === 'string' ? didYouMean(value, allowed) : undefined;
    faults.error('value_invalid', path, `${show(value)} is not one of: ${allowed.join(', ')}.`, { hint });
    return undefined;
  };

export const anything: Field = (value) => value;

export const map: Field = (value, path, faults) =>
  isPlainObject(value) ? value : wrongType('a map of names and values', value, path, faults);

/** A CEL expression with or without braces; `true` and `false` as they are. */
export const expression: Field = (value, path, faults) => {
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value;
  return wrongType('an expression', value, path, faults);
};

export const time: Field = (value, path, faults) => {
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value))) return value;
  return invalid(`${show(value)} is not an RFC 3339 time such as 2026-03-01T12:00:00Z.`, path, faults);
};

export const texts: Field = (value, path, faults) => {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) return wrongType('a list', value, path, faults);
  return list.flatMap((item: unknown, index) => {
    const read = text(200)(item, [...path, index], faults);
    return read === undefined ? [] : [read];
  });
};

export const fields =
  (table: Readonly<Record<string, Field>>, what: string): Field =>
  (value, path, faults) =>
    isPlainObject(value) ? readFields(value, path, table, what, faults) : wrongType('a map', value, path, faults);

/**
 * Reads a map whose fields are all known. Names may be `camelCase`; null is the same as leaving a field out; unknown
 * fields are faults. The result has `snake_case` names in the table's order and only what was readable.
 */
export function readFields(
  value: Record<string, unknown>,
  path: Path,
  table: Readonly<Record<string, Field>>,
  what: string,
  faults: Faults,
): Record<string, unknown> {
  const found = new Map<string, { value: unknown; path: Path }>();
  for (const [written, item] of Object.entries(value)) {
    const name = Object.hasOwn(table, written) ? written : snakeCase(written);
    const at = [...path, written];
    if (!Object.hasOwn(table, name)) {
      const hint = didYouMean(name, Object.keys(table)) ?? `Known are: ${Object.keys(table).join(', ')}.`;
      faults.error('field_unknown', at, `${what} has no field "${written}".`, { hint, at: 'key' });
    } else if (found.has(name)) {
      faults.error('key_duplicate', at, `"${name}" is given twice, in two spellings.`, { at: 'key' });
    } else if (item !== null && item !== undefined) found.set(name, { value: item, path: at });
  }
  const result: Record<string, unknown> = {};
  for (const [name, read] of Object.entries(table)) {
    const entry = found.get(name);
    if (!entry) continue;
    const normalised = read(entry.value, entry.path, faults);
    if (normalised !== undefined) result[name] = normalised;
  }
  return result;
}

export function wrongType(expected: string, value: unknown, path: Path, faults: Faults): unknown {
  faults.error('type_invalid', path, `Expected ${expected}, found ${describe(value)}.`);
  return undefined;
}

export function invalid(message: string, path: Path, faults: Faults): unknown {
  faults.error('value_invalid', path, message);
  return undefined;
}

export function show(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined;
  return (json ?? typeof value).slice(0, 80);
}

function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  return `${typeof value === 'string' ? 'the text' : `the ${typeof value}`} ${show(value)}`;
}
