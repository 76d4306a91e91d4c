import type { StepDefinition } from './definition.types.js';
import { compileExpression, type CompileOptions } from './expressions/expression.js';
import { InvalidExpressionError } from './expressions/expression.errors.js';
import { soleTemplate } from './expressions/split-template.js';
import { PLACE_NAMES } from './expressions/language.js';
import { isPlainObject } from './expressions/values.js';
import type { Segment } from './parse/source.js';
import { replaceAt, valueAt } from './read/read-step.js';
import { scopesOf } from './scope-names.js';
import type { NodeTypeDescription } from './type-catalogue.js';

/** A config as the plan evaluates it, and the expressions that wait for later. */
export interface PreparedConfig {
  /** Nested steps are their ids, expressions without braces have them, late ones are text. */
  readonly value: Record<string, unknown>;
  readonly late: readonly { readonly at: readonly Segment[]; readonly source: string }[];
}

const LATE = ['while', 'match'];

export function prepareConfig(step: StepDefinition, type: NodeTypeDescription | undefined): PreparedConfig {
  let value: unknown = step.config ?? {};
  if (!type) return { value: value as Record<string, unknown>, late: [] };
  for (const { scope, steps } of scopesOf(step, type))
    value = replaceAt(
      value,
      scope.at,
      steps.map(({ id }) => id),
    );
  const late: { at: readonly Segment[]; source: string }[] = [];
  const lateFields = type.lateFields ?? LATE;
  for (const field of type.expressionFields) {
    for (const at of placesOf(value, field.split('.'), [])) {
      const written = valueAt(value, at);
      if (typeof written !== 'string') continue;
      const source = soleTemplate(written) ?? (written.includes('{{') ? null : written.trim());
      if (source === null) continue;
      if (lateFields.includes(field)) late.push({ at, source });
      value = replaceAt(value, at, lateFields.includes(field) ? escape(source) : `{{ ${source} }}`);
    }
  }
  return { value: value as Record<string, unknown>, late };
}

/** Text that the template must leave alone, as an expression that gives it. */
function escape(source: string): string {
  return source.includes('{{') ? `{{ ${JSON.stringify(source)} }}` : source;
}

/** Where a field such as `conditions.all.*` stands in this config. */
function placesOf(value: unknown, field: readonly string[], at: readonly Segment[]): (readonly Segment[])[] {
  const [first, ...rest] = field;
  if (first === undefined) return [at];
  if (first !== '*') {
    return isPlainObject(value) && Object.hasOwn(value, first) ? placesOf(value[first], rest, [...at, first]) : [];
  }
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => placesOf(item, rest, [...at, index]));
  if (isPlainObject(value)) return Object.keys(value).flatMap((key) => placesOf(value[key], rest, [...at, key]));
  return [];
}

/** Compiles an expression that may have braces around it. @throws InvalidExpressionError */
export function compileCondition(text: string, options: CompileOptions): ReturnType<typeof compileExpression> {
  const source = soleTemplate(text);
  if (source === null && text.includes('{{')) {
    const message = `"${text.slice(0, 80)}" must be one expression, with or without braces around all of it.`;
    throw new InvalidExpressionError('expression_syntax', message, options.path ?? '');
  }
  const expression = compileExpression(source ?? text, options);
  if (!['bool', 'dyn', 'dyn<bool>'].includes(expression.resultType)) {
    const message = `{{ ${expression.source.trim()} }} must be true or false, and is of type ${expression.resultType}.`;
    throw new InvalidExpressionError('expression_type', message, options.path ?? '');
  }
  return expression;
}

/** What a late expression may read beside its step's names. */
export const LATE_NAMES = PLACE_NAMES;
