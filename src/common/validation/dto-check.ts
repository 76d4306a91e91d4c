import { validateSync, type ValidationError } from 'class-validator';
import type { Fault } from '../errors/app-error.js';
import { didYouMean } from './did-you-mean.js';
import { fieldsOf, type DtoClass } from './fields.js';
import { keepRules } from './kept-rules.js';

keepRules();

export interface Checked<T> {
  /** The DTO with its defaults; only to be used when there are no faults. */
  readonly value: T;
  readonly faults: readonly Fault[];
}

/** Whether a value is not known yet, so that its field's rules cannot be asked. */
export type IsOpen = (value: unknown, path: string) => boolean;

/**
 * Makes a DTO of plain data and tells all its faults, paths relative to the data. `camelCase` names of fields are
 * accepted. null stands for a field's default where it has one. Values are taken over as they are, not copied.
 */
export function readDto<T extends object>(dto: DtoClass<T>, data: unknown, isOpen: IsOpen = () => false): Checked<T> {
  const faults: Fault[] = [];
  const value = instantiate(dto, data, '', faults) as T;
  if (faults.some((fault) => fault.path === '')) return { value, faults };
  collect(validateSync(value), '', faults, isOpen);
  return { value, faults };
}

function instantiate(dto: DtoClass, data: unknown, path: string, faults: Fault[]): object {
  const value = new dto() as Record<string, unknown>;
  if (!isRecord(data)) {
    faults.push({ path, code: 'value_invalid', message: 'must be an object' });
    return value;
  }
  const fields = fieldsOf(dto);
  for (const [key, given] of Object.entries(data)) {
    const field = fields.get(key) ?? fields.get(snakeCase(key));
    if (field === undefined) faults.push(unknownField(key, path, fields.keys()));
    else if (given === undefined || (given === null && value[field.name] !== undefined)) continue;
    else value[field.name] = field.nested ? inside(field.nested, given, join(path, field.name), faults) : given;
  }
  return value;
}

/** What is no object stays as it is: the rule `ValidateNested` refuses it, unless it is a template. */
function inside(dto: DtoClass, given: unknown, path: string, faults: Fault[]): unknown {
  if (Array.isArray(given)) return given.map((item, index) => inside(dto, item, `${path}[${index}]`, faults));
  return isRecord(given) ? instantiate(dto, given, path, faults) : given;
}

function unknownField(key: string, path: string, names: Iterable<string>): Fault {
  const candidates = [...names];
  const meant = didYouMean(key, candidates);
  const hint = meant === undefined ? `Fields: ${candidates.join(', ')}` : `Did you mean "${meant}"?`;
  return { path: join(path, key), code: 'field_unknown', message: `There is no field "${key}"`, hint };
}

function collect(errors: readonly ValidationError[], path: string, faults: Fault[], isOpen: IsOpen): void {
  for (const error of errors) {
    const at = /^\d+$/.test(error.property) ? `${path}[${error.property}]` : join(path, error.property);
    if (error.children?.length) collect(error.children, at, faults, isOpen);
    if (error.constraints === undefined || isOpen(error.value, at)) continue;
    faults.push(fault(error, at));
  }
}

function fault(error: ValidationError, path: string): Fault {
  if (error.value === undefined) return { path, code: 'field_required', message: `"${error.property}" is required` };
  return { path, code: 'value_invalid', message: Object.values(error.constraints ?? {}).join('; ') };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
