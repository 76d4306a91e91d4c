import type { Fault } from '../common/errors/app-error.js';
import { checkDefinition } from './check/check-definition.js';
import { compilePlan } from './compile/compile-plan.js';
import type { Definition } from './definition.types.js';
import { Faults, inOrder } from './faults.js';
import { parseSource, type ReadText, type SourceFormat } from './parse/parse-source.js';
import type { Plan } from './plan.js';
import { readDefinition } from './read/read-definition.js';
import { NO_TEMPLATES, type StepTemplates } from './templates/step-template.js';
import type { TypeCatalogue } from './type-catalogue.js';

export type { Definition } from './definition.types.js';
export { DefinitionInvalidError } from './definition.errors.js';
export { compilePlan } from './compile/compile-plan.js';
export { planSummary, type PlanSummary } from './plan-summary.js';
export { templateReferences } from './templates/template-references.js';
export { requiredSecrets } from './required-secrets.js';
export { retryDelay } from './retry-delay.js';

export interface ParsedDefinition {
  /** Normalised, plain JSON, to be stored; null when there are errors. */
  readonly definition: Definition | null;
  /** null when there are errors. */
  readonly plan: Plan | null;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

/**
 * Text or object to definition and plan; every fault at once, in the order of the text. Never throws for what a user
 * wrote. Text is YAML 1.2 or JSON, told by its beginning when no format is given. Step templates are put in place: the
 * definition that comes out names none.
 * @param text what another thread has read of the input already
 */
export function parseDefinition(
  input: string | object,
  catalogue: TypeCatalogue,
  format?: SourceFormat,
  templates: StepTemplates = NO_TEMPLATES,
  text?: ReadText,
): ParsedDefinition {
  const source = parseSource(input, format, text);
  const faults = new Faults(source);
  faults.errors.push(...source.faults);
  const read = source.value === undefined ? null : readDefinition(source.value, catalogue, faults, templates);
  if (read) checkDefinition(read, catalogue, faults);
  const errors = inOrder(faults.errors);
  const warnings = inOrder(faults.warnings);
  if (errors.length > 0 || !read) return { definition: null, plan: null, errors, warnings };
  // Detached from the caller's object, and surely plain JSON.
  const definition = JSON.parse(JSON.stringify(read.definition)) as Definition;
  return { definition, plan: compilePlan(definition, catalogue), errors, warnings };
}
