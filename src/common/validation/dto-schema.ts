import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { fieldsOf, type DtoClass } from './fields.js';

export type JsonSchema = Readonly<Record<string, unknown>>;
type Properties = Record<string, Record<string, unknown>>;

/** JSON Schema of a DTO, whole in itself: nested DTOs stand where they are used, initialisers are the defaults. */
export function dtoSchema(dto: DtoClass): JsonSchema {
  const schema = targetConstructorToSchema(dto) as { properties?: Properties };
  const defaults = new dto() as Record<string, unknown>;
  const properties: Properties = {};
  const required: string[] = [];
  for (const field of fieldsOf(dto).values()) {
    const { $ref: _ref, not: _not, ...property } = schema.properties?.[field.name] ?? {};
    const whole = field.nested === null ? property : { ...property, ...nested(property, field.nested) };
    properties[field.name] = defaults[field.name] === undefined ? whole : { ...whole, default: defaults[field.name] };
    if (field.required) required.push(field.name);
  }
  return { type: 'object', properties, ...(required.length > 0 && { required }), additionalProperties: false };
}

function nested(property: Record<string, unknown>, dto: DtoClass): JsonSchema {
  return property['type'] === 'array' ? { items: dtoSchema(dto) } : dtoSchema(dto);
}
