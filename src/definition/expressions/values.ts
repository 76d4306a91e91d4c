import { Environment, Optional } from '@marcbachmann/cel-js';
import { LARGEST_VALUE } from './budget.js';

type Constructor = abstract new (...args: never[]) => object;

const probe = new Environment();
const constructorOf = (source: string): Constructor =>
  (probe.evaluate(source) as { constructor: Constructor }).constructor;

/** CEL's own value classes, which the library does not export. */
const Duration = constructorOf('duration("1s")');
const UnsignedInt = constructorOf('1u');
const CelType = constructorOf('int');

/** Keys that mean something to JavaScript; no expression reads them, no definition holds them. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export class ValueError extends Error {}

const stands = new WeakMap<object, object>();
const originals = new WeakMap<object, object>();

/**
 * What functions and operators are given in place of data that has a field named `constructor`: by that name cel-js tells
 * the types of values apart, of a value and of the first ones inside it. The field cannot be read in an expression
 * (`FORBIDDEN_KEYS`), and is there again in what comes out.
 */
export function asOperand(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.length === 0 ? value : withFirst(value as unknown[], 0);
  if (!isPlainObject(value)) return value;
  const map = Object.hasOwn(value, 'constructor') ? standFor(value) : value;

  for (const key in map) return withFirst(map, key);
  return map;
}

function withFirst<T extends object>(value: T, key: keyof T): T {
  const first = asOperand(value[key]);
  if (first === value[key]) return value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as T;
  copy[key] = first as T[keyof T];
  originals.set(copy, original(value));
  return copy;
}

function standFor(value: object): Record<string, unknown> {
  let stand = stands.get(value);
  if (stand === undefined) {
    const { constructor: _unreadable, ...rest } = value;
    stand = rest;
    stands.set(value, stand);
    originals.set(stand, value);
  }
  return stand as Record<string, unknown>;
}

/** What was there before `asOperand`. */
export function original<T>(value: T): T {
  return typeof value === 'object' && value !== null ? ((originals.get(value) as T | undefined) ?? value) : value;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * A CEL value as plain JSON. Integers become numbers, or text when a number could not hold them exactly; timestamps
 * RFC 3339, durations `90s`, bytes base64, an absent optional null. What is plain already is returned as it is.
 * @throws ValueError for a number that JSON has no form for, for what is no data, and for what is too large.
 */
export function toPlain(value: unknown): unknown {
  return convert(value, { left: LARGEST_VALUE }, 0);
}

interface Room {
  left: number;
}

function convert(value: unknown, room: Room, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      take(room, value.length);
      return value;
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new ValueError(`the result ${value} is not a finite number`);
      return value;
    case 'bigint':
      return fromInteger(value);
    case 'object':
      return value === null ? null : convertObject(value, room, depth);
    default:
      throw new ValueError(`the result is a ${typeof value}, not data`);
  }
}

function convertObject(value: object, room: Room, depth: number): unknown {
  if (depth > 500) throw new ValueError('the result is nested more than 500 deep');
  if (Array.isArray(value)) return convertList(original(value as unknown[]), room, depth);
  if (isPlainObject(value)) return convertMap(original(value), room, depth);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Optional) return value.hasValue() ? convert(value.value(), room, depth) : null;
  if (value instanceof UnsignedInt) return fromInteger((value as { valueOf(): unknown }).valueOf() as bigint);
  if (value instanceof Duration) return (value as { toString(): string }).toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof CelType) return (value as { name?: unknown }).name;
  throw new ValueError('the result is not data');
}

function convertList(list: readonly unknown[], room: Room, depth: number): unknown {
  take(room, list.length);
  let copy: unknown[] | null = null;
  for (let index = 0; index < list.length; index += 1) {
    const item = convert(list[index], room, depth + 1);
    if (item !== list[index]) (copy ??= list.slice())[index] = item;
  }
  return copy ?? list;
}

function convertMap(map: Record<string, unknown>, room: Room, depth: number): unknown {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(map)) {
    take(room, key.length + 1);
    const item = map[key];
    const plain = convert(item, room, depth + 1);
    if (plain !== item) (copy ??= { ...map })[key] = plain;
  }
  return copy ?? map;
}

function take(room: Room, size: number): void {
  room.left -= size;
  if (room.left < 0) throw new ValueError(`the result is larger than ${LARGEST_VALUE} characters`);
}

function fromInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** Equality as CEL has it: by value, numbers across their types, different types unequal. null: not plain data. */
export function equalPlain(left: unknown, right: unknown, visit: (units: number) => void): boolean | null {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) {
    if (typeof left === 'string' && typeof right === 'string') visit(Math.min(left.length, right.length) >> 5);
    // eslint-disable-next-line eqeqeq -- an integer literal is a BigInt, a JSON number is not
    return isNumber(left) && isNumber(right) && left == right;
  }
  visit(1);
  if (Array.isArray(left) || Array.isArray(right)) {
    return Array.isArray(left) && Array.isArray(right) ? equalLists(original(left), original(right), visit) : false;
  }
  if (!isPlainObject(left) || !isPlainObject(right)) return null;
  return equalMaps(original(left), original(right), visit);
}

function equalLists(
  left: readonly unknown[],
  right: readonly unknown[],
  visit: (units: number) => void,
): boolean | null {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index += 1) {
    const equal = equalPlain(left[index], right[index], visit);
    if (equal !== true) return equal;
  }
  return true;
}

function equalMaps(
  left: Record<string, unknown>,
  right: Record<string, unknown>,
  visit: (units: number) => void,
): boolean | null {
  const keys = Object.keys(left);
  visit(keys.length);
  if (keys.length !== Object.keys(right).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(right, key)) return false;
    const equal = equalPlain(left[key], right[key], visit);
    if (equal !== true) return equal;
  }
  return true;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}
