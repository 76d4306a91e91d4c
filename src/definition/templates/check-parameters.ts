import type { Fault } from '../../common/errors/app-error.js';
import { isPlainObject } from '../expressions/values.js';
import { parameterFault } from './arguments.js';
import { PARAMETER_TYPES } from './step-template.js';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
const FIELDS = ['type', 'description', 'required', 'default', 'enum'];
const MOST = 100;

/** What is wrong with the parameters that a template declares. */
export function checkParameters(parameters: Readonly<Record<string, unknown>>): Fault[] {
  const entries = Object.entries(parameters);
  if (entries.length > MOST)
    return [{ path: 'parameters', code: 'value_invalid', message: `A template may have ${MOST} parameters.` }];
  return entries.flatMap(([name, parameter]) => faultsOf(name, parameter));
}

function faultsOf(name: string, parameter: unknown): Fault[] {
  const path = `parameters.${name}`;
  if (!NAME.test(name)) {
    const hint = 'Letters, digits and _, beginning with a letter or _: expressions read parameters.name.';
    return [{ path, code: 'id_invalid', message: `"${name}" cannot be the name of a parameter.`, hint }];
  }
  if (!isPlainObject(parameter))
    return [{ path, code: 'type_invalid', message: 'Expected a map.', hint: '{type: string, default: ""}' }];
  const unknown = Object.keys(parameter).filter((key) => !FIELDS.includes(key));
  const faults: Fault[] = unknown.map((key) => ({
    path: `${path}.${key}`,
    code: 'field_unknown',
    message: `A parameter has no field "${key}".`,
    hint: `Known are: ${FIELDS.join(', ')}.`,
  }));
  const refuse = (field: string, message: string): number =>
    faults.push({ path: `${path}.${field}`, code: 'value_invalid', message });
  const { type, description, required, enum: allowed, default: fallback } = parameter;
  const isKnown = type === undefined || (PARAMETER_TYPES as readonly unknown[]).includes(type);
  if (!isKnown) refuse('type', `The type must be one of ${PARAMETER_TYPES.join(', ')}.`);
  if (description !== undefined && typeof description !== 'string') refuse('description', 'Expected text.');
  if (required !== undefined && typeof required !== 'boolean') refuse('required', 'Expected true or false.');
  if (allowed !== undefined && !Array.isArray(allowed)) refuse('enum', 'Expected a list of values.');
  if (faults.length > 0 || fallback === undefined || fallback === null) return faults;
  const problem = parameterFault(parameter, fallback);
  if (problem !== null) refuse('default', `The default ${problem}.`);
  return faults;
}
