import type { CompiledExpression } from '../expressions/expression.js';
import { TRIGGER_NAMES, unknownNames } from '../expressions/unknown-names.js';
import type { Faults } from '../faults.js';
import type { Path } from '../parse/source.js';
import type { ReadDefinition } from '../read/read-definition.js';
import { renameToSchema, schemaFields } from '../read/read-step.js';
import type { ReadTrigger } from '../read/read-triggers.js';
import { compileCondition } from '../step-config.js';
import type { TypeCatalogue } from '../type-catalogue.js';
import { attempt, checkTemplate, ReferenceChecker } from './check-expressions.js';
import { schemaFault } from './check-schema.js';
import { checkWaits, stepsIn } from './check-waits.js';
import { safeCheck, StepChecker } from './check-steps.js';

/** Everything that is wrong with a definition that could be read. */
export function checkDefinition(read: ReadDefinition, catalogue: TypeCatalogue, faults: Faults): void {
  const { definition, main } = read;
  const steps = new StepChecker(catalogue, faults);
  steps.check(read);
  const ids = new Set(main.steps.map((step) => step.definition.id));
  const references = new ReferenceChecker(null, { before: ids, known: ids, names: [] }, steps, faults);
  checkTemplate(definition.output, ['output'], [], references, faults);
  const nothing = new ReferenceChecker(null, { before: new Set(), known: ids, names: [] }, steps, faults);
  checkTemplate(definition.concurrency?.key, ['concurrency', 'key'], [], nothing, faults);
  const reason = definition.input_schema && schemaFault(definition.input_schema);
  if (reason) {
    const hint = 'JSON Schema 2020-12, or draft-07 where $schema says so.';
    faults.error('input_schema_invalid', ['input_schema'], `This is not a JSON Schema: ${reason}.`, { hint });
  }
  for (const trigger of read.triggers) checkTrigger(trigger, faults);
  if (main.steps.length > 0 && main.steps.every((step) => step.definition.disabled === true)) {
    faults.warn('all_disabled', ['steps'], 'Every step is disabled: an execution does nothing.');
  }
  checkWaits(read, catalogue.executionTimeoutMs, faults);
  checkResponses(read, faults);
}

/** A webhook that leaves its answer to a step which does not exist would answer 202 after its timeout. */
function checkResponses({ main, triggers, ...parts }: ReadDefinition, faults: Faults): void {
  const scopes = [main, parts.onFailure, parts.finally].filter((scope) => scope !== null);
  if (scopes.some((scope) => [...stepsIn(scope)].some(({ definition }) => definition.type === 'respond'))) return;
  for (const { definition, path } of triggers) {
    if (definition.config?.['response'] !== 'respond') continue;
    faults.warn('respond_missing', [...path, 'config', 'response'], 'No step answers the request.', {
      hint: 'Add a step of type "respond", or use "ack" or "wait".',
    });
  }
}

function checkTrigger({ definition, path, type }: ReadTrigger, faults: Faults): void {
  if (type) {
    const config = renameToSchema(definition.config ?? {}, type);
    if (Object.keys(schemaFields(type)).length > 0 && definition.config) definition.config = config;
    for (const fault of safeCheck(() => type.check(config))) {
      faults.configError(fault, [...path, 'config']);
    }
  }
  const { filter, input, dedup, start_at: from, end_at: to } = definition;
  const known = { check: (expression: CompiledExpression, place: Path) => refuseUnknown(expression, place, faults) };
  if (filter !== undefined) {
    const place = [...path, 'filter'];
    const compiled = attempt(() => compileCondition(filter, {}), place, faults);
    if (compiled) known.check(compiled, place);
  }
  checkTemplate(input, [...path, 'input'], [], known, faults);
  checkTemplate(dedup?.key, [...path, 'dedup', 'key'], [], known, faults);
  if (from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from)) {
    faults.error('value_invalid', [...path, 'end_at'], '"end_at" must be after "start_at".');
  }
}

/** Nothing has started yet: of what expressions know, a trigger sees its own occurrence. */
function refuseUnknown(expression: CompiledExpression, place: Path, faults: Faults): void {
  for (const { message, hint } of unknownNames(expression, TRIGGER_NAMES))
    faults.error('expression_unknown_name', place, message, { hint });
}
