import { Type } from 'class-transformer';
import { getMetadataStorage, IsArray, IsObject, ValidateNested, ValidationTypes } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import 'reflect-metadata';

/** A class whose class-validator rules describe a part of a definition; its initialisers are the defaults. */
export type DtoClass<T extends object = object> = new () => T;

const NESTED = 'millrace:nested';

/** What a field is for, as the catalogue shows it; `extra` is merged into the field's JSON Schema. */
export function Field(description: string, extra: Readonly<Record<string, unknown>> = {}): PropertyDecorator {
  return JSONSchema({ description, ...extra }) as PropertyDecorator;
}

/** A field that holds another DTO. */
export function Nested(dto: () => DtoClass): PropertyDecorator {
  return (target, property) => {
    IsObject()(target, property as string);
    holds(dto, target, property);
  };
}

/** A field that holds a list of another DTO. */
export function NestedList(dto: () => DtoClass): PropertyDecorator {
  return (target, property) => {
    IsArray()(target, property as string);
    holds(dto, target, property);
  };
}

function holds(dto: () => DtoClass, target: object, property: string | symbol): void {
  ValidateNested()(target, property as string);
  Type(dto)(target, property as string);
  Reflect.defineMetadata(NESTED, dto, target, property);
}

export interface FieldRule {
  readonly name: string;
  readonly required: boolean;
  /** The DTO inside; null for values without fields of their own. */
  readonly nested: DtoClass | null;
}

const known = new WeakMap<DtoClass, ReadonlyMap<string, FieldRule>>();

/** The fields of a DTO by name: each that carries a class-validator rule. */
export function fieldsOf(dto: DtoClass): ReadonlyMap<string, FieldRule> {
  let fields = known.get(dto);
  if (fields === undefined) {
    fields = readFields(dto);
    known.set(dto, fields);
  }
  return fields;
}

function readFields(dto: DtoClass): ReadonlyMap<string, FieldRule> {
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false);
  const optional = new Set(
    rules
      .filter((rule) => rule.type === (ValidationTypes.CONDITIONAL_VALIDATION as string))
      .map((rule) => rule.propertyName),
  );
  const defaults = new dto() as Record<string, unknown>;
  const fields = new Map<string, FieldRule>();
  for (const { propertyName: name } of rules) {
    const nested = Reflect.getMetadata(NESTED, dto.prototype as object, name) as (() => DtoClass) | undefined;
    fields.set(name, {
      name,
      required: !optional.has(name) && defaults[name] === undefined,
      nested: nested?.() ?? null,
    });
  }
  return fields;
}
