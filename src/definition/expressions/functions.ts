import { createHash, randomUUID } from 'node:crypto';
import { type Environment } from '@marcbachmann/cel-js';
import { DateTime } from 'luxon';
import { LARGEST_VALUE } from './budget.js';
import { matches } from './linear-regex.js';
import { toPlain } from './values.js';

/** What Millrace adds to CEL. Each line: signature, what it does. Most are methods as well: `"a".upper()`. */
const FUNCTIONS: readonly (readonly [signature: string, handler: (...args: never[]) => unknown])[] = [
  ['json(dyn): string', (value: unknown) => JSON.stringify(toPlain(value))],
  ['parse_json(string): dyn', parseJson],
  ['string.parse_json(): dyn', parseJson],
  ['now(): google.protobuf.Timestamp', () => new Date()],
  ['uuid(): string', () => randomUUID()],
  ['base64_encode(string): string', (text: string) => Buffer.from(text, 'utf8').toString('base64')],
  ['base64_encode(bytes): string', (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')],
  ['string.base64_encode(): string', (text: string) => Buffer.from(text, 'utf8').toString('base64')],
  ['base64_decode(string): string', decodeBase64],
  ['string.base64_decode(): string', decodeBase64],
  ['sha256(string): string', sha256],
  ['sha256(bytes): string', sha256],
  ['string.sha256(): string', sha256],
  ['lower(string): string', (text: string) => text.toLowerCase()],
  ['string.lower(): string', (text: string) => text.toLowerCase()],
  ['upper(string): string', (text: string) => text.toUpperCase()],
  ['string.upper(): string', (text: string) => text.toUpperCase()],
  ['trim(string): string', (text: string) => text.trim()],
  ['split(string, string): list<string>', (text: string, separator: string) => text.split(separator)],
  ['join(list): string', (list: unknown[]) => join(list, '')],
  ['join(list, string): string', join],
  ['list.join(): string', (list: unknown[]) => join(list, '')],
  ['list.join(string): string', join],
  ['replace(string, string, string): string', replaceAll],
  ['string.replace(string, string): string', replaceAll],
  ['matches(string, string): bool', matches],
  ['format_time(dyn): string', (time: unknown) => formatTime(time, "yyyy-MM-dd'T'HH:mm:ssZZ", 'UTC')],
  ['format_time(dyn, string): string', (time: unknown, pattern: string) => formatTime(time, pattern, 'UTC')],
  ['format_time(dyn, string, string): string', formatTime],
  ['timestamp(google.protobuf.Timestamp): google.protobuf.Timestamp', (time: Date) => time],
  ['timestamp(double): google.protobuf.Timestamp', (seconds: number) => toDate(seconds)],
  ['string(google.protobuf.Timestamp): string', (time: Date) => time.toISOString()],
  ['string(google.protobuf.Duration): string', (duration: { toString(): string }) => duration.toString()],
  ['string(null): string', () => 'null'],
  ['int(google.protobuf.Timestamp): int', (time: Date) => BigInt(Math.floor(time.getTime() / 1000))],
];

export function registerFunctions(environment: Environment): void {
  for (const [signature, handler] of FUNCTIONS) {
    environment.registerFunction(signature, handler as (...args: unknown[]) => unknown, { async: false });
  }
}

function parseJson(text: string): unknown {
  try {
    // A key that JavaScript gives a meaning to is dropped; the usual text holds none and needs no reviver.
    return JSON.parse(text, text.includes('__proto__') ? dropProto : undefined);
  } catch {
    throw new Error('parse_json(): the text is not JSON');
  }
}

function dropProto(this: unknown, key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}

function decodeBase64(text: string): string {
  if (!/^[A-Za-z0-9+/_-]*={0,2}\s*$/.test(text)) throw new Error('base64_decode(): the text is not base64');
  return Buffer.from(text, 'base64').toString('utf8');
}

function sha256(value: string | Uint8Array): string {
  return createHash('sha256').update(value).digest('hex');
}

/** Text as it is, anything else as JSON. */
export function join(list: readonly unknown[], separator: string): string {
  const texts = list.map((item) => (typeof item === 'string' ? item : JSON.stringify(toPlain(item))));
  const size = texts.reduce((sum, text) => sum + text.length, separator.length * texts.length);
  if (size > LARGEST_VALUE) throw new Error('join(): the result is too large');
  return texts.join(separator);
}

function replaceAll(text: string, from: string, to: string): string {
  const count = from === '' ? text.length + 1 : text.split(from).length - 1;
  if (text.length + count * to.length > LARGEST_VALUE) throw new Error('replace(): the result is too large');
  return text.replaceAll(from, () => to);
}

function formatTime(time: unknown, pattern: string, zone: string): string {
  const moment = DateTime.fromJSDate(toDate(time), { zone }).setLocale('en');
  if (!moment.isValid) throw new Error(`format_time(): ${moment.invalidExplanation ?? `"${zone}" is not a time zone`}`);
  return moment.toFormat(pattern);
}

/** A timestamp, RFC 3339 text, or seconds since the Unix epoch. */
function toDate(time: unknown): Date {
  if (time instanceof Date) return time;
  if (typeof time === 'number' || typeof time === 'bigint') return checked(new Date(Number(time) * 1000), time);
  if (typeof time === 'string') return checked(DateTime.fromISO(time, { zone: 'UTC' }).toJSDate(), time);
  throw new Error('a time is a timestamp, RFC 3339 text, or seconds since 1970');
}

function checked(date: Date, from: string | number | bigint): Date {
  if (Number.isNaN(date.getTime())) throw new Error(`"${String(from).slice(0, 40)}" is not a time`);
  return date;
}
