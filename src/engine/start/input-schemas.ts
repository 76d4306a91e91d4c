import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { Fault } from '../../common/errors/app-error.js';
import type { Plan } from '../../definition/plan.js';

// ajv-formats is CommonJS: its types and its default export disagree under nodenext.
const addFormats = addFormatsModule as unknown as (ajv: Ajv) => Ajv;

const compiled = new WeakMap<Plan, ValidateFunction | null>();

/** What is wrong with an input by the plan's `input_schema`; empty when nothing is. Compiled once per plan. */
export function inputFaults(plan: Plan, input: unknown): Fault[] {
  let validate = compiled.get(plan);
  if (validate === undefined) {
    validate = plan.inputSchema === null ? null : compile(plan.inputSchema);
    compiled.set(plan, validate);
  }
  if (validate === null || validate(input)) return [];
  return (validate.errors ?? []).map(toFault);
}

function compile(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  const dialect = schema['$schema'];
  const isDraft7 = typeof dialect === 'string' && dialect.includes('draft-07');
  const ajv = isDraft7 ? new Ajv({ allErrors: true, strict: false }) : new Ajv2020({ allErrors: true, strict: false });
  return addFormats(ajv).compile(schema);
}

function toFault(error: ErrorObject): Fault {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const missing = error.keyword === 'required' ? [String(error.params['missingProperty'])] : [];
  return {
    path: ['input', ...path, ...missing].join('.'),
    code: `schema_${error.keyword}`,
    message: error.message ?? 'does not satisfy the schema',
  };
}
