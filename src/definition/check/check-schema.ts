import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';

const addFormats = addFormatsModule.default;

/** Why a JSON Schema does not compile; null when it does. 2020-12, or draft-07 where `$schema` says so. */
export function schemaFault(schema: Readonly<Record<string, unknown>>): string | null {
  const draft7 = typeof schema['$schema'] === 'string' && schema['$schema'].includes('draft-07');
  const ajv = draft7 ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  addFormats(ajv);
  try {
    ajv.compile(schema);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be compiled';
  }
}

const OPTIONS = { strict: false, allErrors: true, logger: false } as const;
