import { type ApiDocument, type Media, operationsOf, resolveSchema, type Schema } from './api-document.js';
import { FIELD_VALUES } from './example-values.js';

const TIME = '2026-03-02T08:00:00.000Z';
const TEXT = 'text';
/** Deeper ones add nothing for a reader. */
const MOST_LEVELS = 6;

/** Gives an example to every JSON body and answer and to every path parameter that has none. */
export function addExamples(document: ApiDocument): void {
  for (const { operation } of operationsOf(document)) {
    const contents = [operation.requestBody, ...Object.values(operation.responses)].map((part) => part?.content ?? {});
    for (const content of contents) {
      for (const [type, media] of Object.entries(content)) addExample(document, type, media);
    }
    for (const parameter of operation.parameters ?? []) {
      if (parameter.in === 'path') parameter.example ??= FIELD_VALUES[parameter.name] ?? parameter.name;
    }
  }
}

function addExample(document: ApiDocument, type: string, media: Media): void {
  // The text itself, not what it describes.
  if (/yaml$/.test(type)) media.schema = { type: 'string' };
  if (media.schema === undefined || media.example !== undefined || media.examples !== undefined) return;
  if (/json$/.test(type)) media.example = exampleOf(document, media.schema);
  else if (/yaml$/.test(type)) media.example = YAML_EXAMPLE;
}

const YAML_EXAMPLE = `name: Daily report
steps:
  - id: greet
    type: set
    config: { values: { greeting: "Hello {{ input.name }}" } }
`;

/** A value that satisfies the schema and reads like a real one. */
export function exampleOf(document: ApiDocument, from: Schema, field = '', owner = '', level = 0): unknown {
  const known = FIELD_VALUES[`${owner}.${field}`] ?? FIELD_VALUES[field];
  const { name, schema } = resolveSchema(document, from);
  if (from.example !== undefined || schema.example !== undefined) return from.example ?? schema.example;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum.includes(known) ? known : schema.enum[0];
  if (known !== undefined && fits(known, schema)) return known;
  if (schema.default !== undefined) return schema.default;
  const parts = schema.allOf ?? [];
  if (parts.length > 0) {
    const made = parts.map((part) => exampleOf(document, part, field, owner, level));
    return made.length === 1 ? made[0] : Object.assign({}, ...made);
  }
  const choice = (schema.oneOf ?? schema.anyOf)?.find(({ type }) => type !== 'null');
  if (choice !== undefined) return exampleOf(document, choice, field, owner, level);
  return plainExample(document, schema, field, name === '' ? owner : name, level);
}

function plainExample(document: ApiDocument, schema: Schema, field: string, owner: string, level: number): unknown {
  switch (typesOf(schema)[0]) {
    case 'object': {
      if (level > MOST_LEVELS) return {};
      const made = Object.entries(schema.properties ?? {}).map(
        ([name, part]) => [name, exampleOf(document, part, name, owner, level + 1)] as const,
      );
      // An optional field of which nothing is known would only blur the others.
      const isWorthShowing = (name: string, value: unknown) =>
        schema.required?.includes(name) === true || value !== TEXT;
      return Object.fromEntries(made.filter(([name, value]) => isWorthShowing(name, value)));
    }
    case 'array':
      return schema.items === undefined || level > MOST_LEVELS
        ? []
        : [exampleOf(document, schema.items, field.replace(/s$/, ''), owner, level + 1)];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return Math.max(1, schema.minimum ?? 1);
    case 'string':
      return schema.format === 'date-time' ? TIME : TEXT;
    default:
      return null;
  }
}

function typesOf({ type, properties }: Schema): string[] {
  return type === undefined ? (properties === undefined ? [] : ['object']) : [type].flat();
}

/** A field of this name may have another type somewhere. */
function fits(value: unknown, schema: Schema): boolean {
  const types = typesOf(schema);
  const kind = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  if (schema.$ref !== undefined || schema.properties !== undefined || schema.items?.$ref !== undefined) return false;
  if (types.length === 0) return schema.oneOf === undefined && schema.anyOf === undefined && schema.allOf === undefined;
  return types.includes(kind) || (kind === 'number' && types.includes('integer') && Number.isInteger(value));
}
