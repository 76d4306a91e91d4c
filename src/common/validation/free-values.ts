import { getMetadataStorage, ValidationTypes } from 'class-validator';
import 'reflect-metadata';
import type { Fault } from '../errors/app-error.js';

type Dto = new () => object;
type Fields = Record<string, unknown>;

/** Stands for a value that no DTO describes: Nest and class-transformer pass functions by. */
const held = new WeakMap<object, unknown>();

/**
 * Takes out of a body what its DTO only carries (an input, a payload, a value to remember), until it is checked. Nest deletes
 * fields named `prototype` and `constructor` wherever they stand, and class-transformer takes an object's class from the
 * latter; in user data they are names like others. Where the DTO says which fields there are, they are unknown ones.
 */
export function holdFreeValues(
  dto: Dto,
  body: unknown,
): { readonly value: unknown; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  return { value: hold(dto, body, '', faults), faults };
}

/** Puts back what was held. */
export function releaseFreeValues<T>(value: T): T {
  if (!isRecord(value)) return value;
  for (const [name, field] of Object.entries(value as Fields)) {
    if (typeof field === 'function' && held.has(field)) (value as Fields)[name] = held.get(field);
    else releaseFreeValues(field);
  }
  return value;
}

function hold(dto: Dto, given: unknown, path: string, faults: Fault[]): unknown {
  if (!isRecord(given)) return given;
  const fields: Fields = {};
  for (const [name, value] of Object.entries(given)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (NAMES_OF_OBJECTS.has(name)) {
      faults.push({ path: at, code: 'field_unknown', message: `There is no field "${name}" here.` });
      continue;
    }
    const inner = nestedDto(dto, name);
    fields[name] = inner === null ? holder(value) : hold(inner, value, at, faults);
  }
  return fields;
}

const NAMES_OF_OBJECTS = new Set(['constructor', 'prototype', '__proto__']);

function holder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const stand = (): void => undefined;
  held.set(stand, value);
  return stand;
}

/** The DTO that a field holds by `@ValidateNested`; null: its value is free, or has rules of its own. */
function nestedDto(dto: Dto, name: string): Dto | null {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  const isNested = rules.some((rule) => rule.propertyName === name && rule.type === ValidationTypes.NESTED_VALIDATION);
  if (!isNested) return null;
  return (Reflect.getMetadata('design:type', dto.prototype as object, name) as Dto | undefined) ?? Object;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
