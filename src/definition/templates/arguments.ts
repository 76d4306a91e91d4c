import { parseDuration } from '../../common/duration.js';
import { didYouMean } from '../did-you-mean.js';
import { compileTemplate } from '../expressions/template.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { parsePath, type Path } from '../parse/source.js';
import { DURATION_HINT, show } from '../read/fields.js';
import type { CapturedNames } from './captured-names.js';
import type { ParameterType, StepTemplate, TemplateParameter } from './step-template.js';

/** Names that may exist where a template is used; whether they do is seen where the value has come to stand. */
const NAMES = ['item', 'index', 'event', 'output'];

/**
 * The values of a template's parameters, by what a step gives them in `with`; null after reporting what is wrong.
 * @param at of `with`
 */
export function readArguments(
  template: StepTemplate,
  given: unknown,
  at: Path,
  captured: CapturedNames,
  faults: Faults,
): Record<string, unknown> | null {
  const label = `${template.name}@${template.version}`;
  if (given !== undefined && given !== null && !isPlainObject(given)) {
    faults.error('type_invalid', at, 'Expected a map of parameters and values.');
    return null;
  }
  const before = faults.errors.length;
  const names = Object.keys(template.parameters);
  for (const name of Object.keys(given ?? {})) {
    if (Object.hasOwn(template.parameters, name)) continue;
    const hint = didYouMean(name, names) ?? (names.length > 0 ? `Known are: ${names.join(', ')}.` : undefined);
    const message = `The template "${label}" has no parameter "${name}".`;
    faults.error('template_parameter_unknown', [...at, name], message, { hint, at: 'key' });
  }
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(template.parameters)) {
    const value = given?.[name] ?? parameter.default ?? null;
    values[name] = value;
    if (value !== null) checkArgument(name, parameter, value, [...at, name], captured, faults);
    else if (parameter.required === true) {
      const message = `The template "${label}" needs the parameter "${name}".`;
      const hint = `with: {${name}: …}${parameter.description === undefined ? '' : ` - ${parameter.description}`}`;
      faults.error('template_parameter_required', [...at, name], message, { hint });
    }
  }
  return faults.errors.length > before ? null : values;
}

function checkArgument(
  name: string,
  parameter: TemplateParameter,
  value: unknown,
  at: Path,
  captured: CapturedNames,
  faults: Faults,
): void {
  const problem = parameterFault(parameter, value);
  if (problem !== null) {
    faults.error('template_parameter_invalid', at, `"${name}" ${problem}, not ${show(value)}.`, {
      hint: parameter.type === 'duration' ? DURATION_HINT : undefined,
    });
  }
  const { expressions } = compileTemplate(value, {
    names: NAMES,
    onFault: (fault) => {
      if (fault.code !== 'expression_unknown_name')
        faults.error(fault.code, [...at, ...parsePath(fault.path)], fault.message, { hint: fault.hint });
    },
  });
  for (const { path, expression } of expressions) {
    const caught = captured.in(expression.references);
    if (caught === null) continue;
    const message = `"${caught}" means something else inside the template, which has one of its own.`;
    const hint = 'Give your own step or loop variable another name, or take the value over with a set step.';
    faults.error('template_parameter_invalid', [...at, ...parsePath(path)], message, { hint });
  }
}

/** Why a value cannot be that parameter's; null when it can. Expressions may come to anything. */
export function parameterFault({ type = 'any', enum: allowed }: TemplateParameter, value: unknown): string | null {
  if (typeof value === 'string' && value.includes('{{')) return null;
  if (!FITS[type](value)) return `must be ${type === 'any' ? 'a value' : article(type)}`;
  const isAllowed = allowed?.some((one) => JSON.stringify(one) === JSON.stringify(value)) ?? true;
  return isAllowed ? null : `must be one of ${(allowed ?? []).map((one) => show(one)).join(', ')}`;
}

const FITS: Readonly<Record<ParameterType, (value: unknown) => boolean>> = {
  any: () => true,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  array: (value) => Array.isArray(value),
  object: isPlainObject,
  duration: (value) => parseDuration(value) !== null,
};

function article(type: ParameterType): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}
