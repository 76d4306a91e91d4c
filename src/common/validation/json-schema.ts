import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { Fault } from '../errors/app-error.js';

// ajv-formats is CommonJS: its types and its default export disagree under nodenext.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Why a JSON Schema does not compile (2020-12, or draft-07 where `$schema` says so); null when it does. */
export function schemaFault(schema: JsonSchema): string | null {
  try {
    compile(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be compiled';
  }
}

/** What is wrong with a value by a schema that compiles; paths begin with `root`. */
export function valueFaults(schema: JsonSchema, value: unknown, root: string): Fault[] {
  const validate = compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).map((error) => toFault(error, root));
}

function compile(schema: JsonSchema): ValidateFunction {
  const dialect = schema['$schema'];
  const isDraft7 = typeof dialect === 'string' && dialect.includes('draft-07');
  const options = { allErrors: true, strict: false, logger: false } as const;
  return addFormats(isDraft7 ? new Ajv(options) : new Ajv2020(options)).compile(schema);
}

function toFault(error: ErrorObject, root: string): Fault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const params = error.params as Readonly<Record<string, unknown>>;
  const named = params['missingProperty'] ?? params['additionalProperty'];
  return {
    path: [root, ...path, ...(typeof named === 'string' ? [named] : [])].join('.'),
    code: `schema_${error.keyword}`,
    message: error.message ?? 'does not satisfy the schema',
  };
}
