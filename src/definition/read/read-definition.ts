import type { Definition } from '../definition.types.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { snakeCase } from '../parse/source.js';
import type { StepTemplates } from '../templates/step-template.js';
import type { TypeCatalogue } from '../type-catalogue.js';
import { anything, duration, type Field, map, number, readFields, requiredText, text, wrongType } from './fields.js';
import { concurrency, defaults } from './policies.js';
import { fromNodes } from './read-nodes.js';
import { type ReadScope, StepReader } from './read-step.js';
import { readTriggers, type ReadTrigger } from './read-triggers.js';

const DEFINITION_FIELDS: Readonly<Record<string, Field>> = {
  version: text(50),
  name: requiredText(200),
  description: text(10_000),
  variables: map,
  input_schema: map,
  output: anything,
  timeout: duration,
  max_parallel: number(1, 1000, true),
  concurrency,
  defaults,
  retention: duration,
  steps: anything,
  on_failure: anything,
  finally: anything,
  triggers: anything,
};

export interface ReadDefinition {
  readonly definition: Definition;
  readonly main: ReadScope;
  readonly onFailure: ReadScope | null;
  readonly finally: ReadScope | null;
  readonly triggers: readonly ReadTrigger[];
}

/** Reads either spelling. Where parts are unreadable the rest is still read, so that all faults come at once. */
export function readDefinition(
  value: unknown,
  catalogue: TypeCatalogue,
  faults: Faults,
  templates: StepTemplates,
): ReadDefinition | null {
  if (!isPlainObject(value)) {
    wrongType('a definition: a map with "name" and "steps"', value, [], faults);
    return null;
  }
  const written = 'nodes' in value && !('steps' in value) ? fromNodes(value, catalogue, faults) : value;
  const read = readFields(written, [], DEFINITION_FIELDS, 'A definition', faults);
  requireFields(written, read, faults);
  const reader = new StepReader(catalogue, faults, templates);
  const scope = (name: string): ReadScope | null =>
    name in read ? reader.scope(name, read[name], [keyOf(written, name)]) : null;
  const main = scope('steps') ?? { name: 'steps', path: ['steps'], steps: [] };
  const onFailure = scope('on_failure');
  const last = scope('finally');
  const triggers = 'triggers' in read ? readTriggers(read['triggers'], ['triggers'], catalogue, faults) : [];
  const definition = {
    ...read,
    steps: main.steps.map((step) => step.definition),
    ...(onFailure && { on_failure: onFailure.steps.map((step) => step.definition) }),
    ...(last && { finally: last.steps.map((step) => step.definition) }),
    ...(triggers.length > 0 && { triggers: triggers.map((trigger) => trigger.definition) }),
  } as unknown as Definition;
  definition.version = (read['version'] as string | undefined) ?? '1.0';
  return { definition, main, onFailure, finally: last, triggers };
}

function requireFields(written: Record<string, unknown>, read: Record<string, unknown>, faults: Faults): void {
  if (!('name' in read) && isAbsent(written, 'name')) {
    faults.error('field_required', ['name'], 'A definition needs "name".', { hint: 'name: What this workflow does' });
  }
  if (isAbsent(written, 'steps')) {
    const hint = 'steps: [{id: hello, type: log, config: {message: Hello}}]';
    faults.error('field_required', ['steps'], 'A definition needs "steps" (or "nodes").', { hint });
  } else if (Array.isArray(read['steps']) && read['steps'].length === 0) {
    faults.error('steps_empty', ['steps'], 'A definition needs one step at least.');
  }
}

function isAbsent(written: Record<string, unknown>, name: string): boolean {
  return written[name] === undefined || written[name] === null;
}

function keyOf(value: Record<string, unknown>, name: string): string {
  return Object.keys(value).find((key) => snakeCase(key) === name) ?? name;
}
