import type { Fault } from '../errors/app-error.js';
import { DEFAULT_LIMIT, MAX_LIMIT, type Page } from '../page.js';
import { ValidationFailedError } from '../validation/validation-pipe.js';

/** google.protobuf.Timestamp and google.protobuf.Duration. */
export interface SecondsMessage {
  seconds?: number;
  nanos?: number;
}

export function toTimestamp(at: Date | string | null | undefined): SecondsMessage | undefined {
  if (at === null || at === undefined) return undefined;
  const milliseconds = new Date(at).getTime();
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds, nanos: (milliseconds - seconds * 1000) * 1_000_000 };
}

/** RFC 3339. @throws ValidationFailedError */
export function fromTimestamp(at: SecondsMessage | null | undefined, path: string): string | undefined {
  if (at === null || at === undefined) return undefined;
  const date = new Date(secondsOf(at) * 1000);
  const year = date.getUTCFullYear();
  if (Number.isNaN(year) || year < 1 || year > 9999)
    throw invalid({ path, code: 'value_invalid', message: `${path} must lie in the years 1 to 9999.` });
  return date.toISOString();
}

/** Seconds. */
export function fromDuration(duration: SecondsMessage | null | undefined): number | undefined {
  return duration === null || duration === undefined ? undefined : secondsOf(duration);
}

function secondsOf({ seconds = 0, nanos = 0 }: SecondsMessage): number {
  return seconds + nanos / 1e9;
}

/** An empty text is one that was not sent. */
export function text(given: string | null | undefined): string | undefined {
  return given === '' || given === null ? undefined : given;
}

/** 0 is a number that was not sent. */
export function count(given: number | null | undefined): number | undefined {
  return given === 0 || given === null ? undefined : given;
}

/** A field that was declared `optional`: the loader leaves it out. */
export function optional<T>(given: T | null | undefined): T | undefined {
  return given ?? undefined;
}

/** `running` -> `EXECUTION_STATUS_RUNNING`. */
export function toEnum(prefix: string, word: string | null | undefined): string | undefined {
  return word === null || word === undefined ? undefined : `${prefix}_${word.toUpperCase()}`;
}

/** Back again; nothing for `…_UNSPECIFIED`. @throws ValidationFailedError for a number that has no name. */
export function fromEnum(prefix: string, name: string | number | undefined, path: string): string | undefined {
  if (name === undefined || name === `${prefix}_UNSPECIFIED`) return undefined;
  if (typeof name === 'string') return name.slice(prefix.length + 1).toLowerCase();
  throw invalid({ path, code: 'value_invalid', message: `${path} has no value ${name}.` });
}

export function fromEnums(
  prefix: string,
  names: readonly (string | number)[] | undefined,
  path: string,
): string[] | undefined {
  const words = (names ?? []).flatMap((name) => fromEnum(prefix, name, path) ?? []);
  return words.length === 0 ? undefined : words;
}

export interface PageRequest {
  page_size?: number;
  page_token?: string;
}

/** https://google.aip.dev/158: more than the most is the most. @throws ValidationFailedError */
export function pageIn({ page_size: size = 0, page_token: token }: PageRequest): { limit: number; cursor?: string } {
  if (size < 0) throw invalid({ path: 'page_size', code: 'min', message: 'page_size must not be less than 0' });
  return { limit: size === 0 ? DEFAULT_LIMIT : Math.min(size, MAX_LIMIT), cursor: text(token) };
}

export function pageOut<T>(name: string, toMessage: (item: T) => object): (page: Page<T>) => object {
  return ({ items, next_cursor }) => ({ [name]: items.map(toMessage), next_page_token: next_cursor ?? '' });
}

export function invalid(...faults: Fault[]): ValidationFailedError {
  return new ValidationFailedError(faults);
}
