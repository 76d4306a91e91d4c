import type { CompiledTemplate } from './expressions/template.js';
import type { CompiledExpression } from './expressions/expression.js';
import { compileExpression } from './expressions/expression.js';
import { compileTemplate } from './expressions/template.js';
import { soleTemplate } from './expressions/split-template.js';
import { PLACE_NAMES } from './expressions/language.js';
import type { Expression, Plan, Template } from './plan.js';

/** Names that the plan's expressions read as `secrets.x`, sorted. A name that is computed cannot be known before. */
export function requiredSecrets(plan: Plan): string[] {
  const names = new Set<string>();
  const add = (expression: CompiledExpression) => {
    for (const name of expression.references.secrets) names.add(name);
  };
  const template = (value: Template | null) => {
    for (const { expression } of (value as CompiledTemplate | null)?.expressions ?? []) add(expression);
  };
  const condition = (value: Expression | null) => {
    if (value) add(value as CompiledExpression);
  };
  for (const step of plan.steps.values()) {
    for (const value of [step.config, step.inputMapping, step.outputMapping]) template(value);
    for (const value of [step.when, ...Object.values(step.late)]) condition(value);
  }
  template(plan.output);
  template(plan.concurrency?.key ?? null);
  for (const { config, input, filter, dedup } of plan.triggers) {
    template(compileTemplate([config, input, dedup?.key ?? null], { names: PLACE_NAMES, onFault: () => undefined }));
    if (filter !== null) condition(compileExpression(soleTemplate(filter) ?? filter));
  }
  return [...names].sort();
}
