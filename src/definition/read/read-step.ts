import { didYouMean } from '../did-you-mean.js';
import type { StepDefinition } from '../definition.types.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { DEEPEST_NESTING, MOST_STEPS } from '../parse/limits.js';
import { snakeCase, type Path, type Segment } from '../parse/source.js';
import type { StepTemplates } from '../templates/step-template.js';
import { TemplateExpander, usesTemplate } from '../templates/template-expander.js';
import type { NodeTypeDescription, TypeCatalogue } from '../type-catalogue.js';
import {
  anything,
  boolean,
  duration,
  expression,
  type Field,
  map,
  number,
  oneOf,
  readFields,
  requiredText,
  text,
  wrongType,
} from './fields.js';
import { onError, position, retryPolicy } from './policies.js';

export const ID = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const ID_HINT = 'Letters, digits, _ and -, beginning with a letter or _; 100 characters at most.';
/** Config fields that hold steps may also be written on the step itself. */
const LIFTED = ['then', 'else', 'steps', 'cases', 'branches', 'default'] as const;

const STEP_FIELDS: Readonly<Record<string, Field>> = {
  id: readId,
  name: text(200),
  description: text(10_000),
  type: requiredText(100),
  config: map,
  depends_on: readDependencies,
  join: oneOf('all', 'any', 'all_done'),
  is_parallel: boolean,
  when: expression,
  input_mapping: anything,
  output_mapping: anything,
  timeout: duration,
  retry_policy: retryPolicy,
  on_error: onError,
  on_interrupt: oneOf('retry', 'fail', 'ask'),
  priority: number(1, 10, true),
  disabled: boolean,
  notes: text(10_000),
  position,
  ...Object.fromEntries(LIFTED.map((name) => [name, anything])),
};

/** A step as read, with where each part of it was written: nested steps may stand outside of `config`. */
export interface ReadStep {
  readonly definition: StepDefinition;
  readonly path: Path;
  /** Where the config stands in the text. */
  readonly configPath: Path;
  readonly type: NodeTypeDescription | undefined;
  readonly scopes: readonly ReadScope[];
}

export interface ReadScope {
  readonly name: string;
  readonly path: Path;
  readonly steps: readonly ReadStep[];
}

export class StepReader {
  private count = 0;
  private isRefused = false;

  private readonly expander: TemplateExpander;

  constructor(
    private readonly catalogue: TypeCatalogue,
    private readonly faults: Faults,
    templates: StepTemplates,
  ) {
    this.expander = new TemplateExpander(templates, faults);
  }

  scope(name: string, value: unknown, path: Path, depth = 0): ReadScope {
    if (!Array.isArray(value)) {
      wrongType('a list of steps', value, path, this.faults);
      return { name, path, steps: [] };
    }
    if (depth > DEEPEST_NESTING) {
      this.faults.error('nesting_too_deep', path, `Steps may be nested ${DEEPEST_NESTING} deep.`);
      return { name, path, steps: [] };
    }
    const steps = value.flatMap((item: unknown, index) => this.step(item, [...path, index], depth) ?? []);
    return { name, path, steps };
  }

  private step(value: unknown, path: Path, depth: number): ReadStep | undefined {
    if (this.count >= MOST_STEPS) {
      this.refuse(path);
      return undefined;
    }
    if (!isPlainObject(value)) {
      this.count += 1;
      wrongType('a step', value, path, this.faults);
      return undefined;
    }
    if (usesTemplate(value)) {
      return this.expander.expand(value, path, (step) => this.step(step, path, depth));
    }
    const read = readFields(value, path, STEP_FIELDS, 'A step', this.faults);
    for (const name of ['id', 'type']) {
      if (name in read || has(value, name)) continue;
      this.faults.error('field_required', [...path, name], `A step needs "${name}".`, {
        hint: name === 'id' ? ID_HINT : undefined,
      });
    }
    const type = typeof read['type'] === 'string' ? this.type(read['type'], path) : undefined;
    // Of a step that is not readable too, so that all faults come at once.
    const scopes = this.nested(read, type, path, depth);
    // What holds other steps does not count: a thousand branches are a thousand steps.
    if (scopes.every((scope) => scope.steps.length === 0)) this.count += 1;
    if (typeof read['id'] !== 'string' || typeof read['type'] !== 'string') return undefined;
    const configPath = [...path, Object.keys(value).find((key) => snakeCase(key) === 'config') ?? 'config'];
    return { definition: read as unknown as StepDefinition, path, configPath, type, scopes };
  }

  private refuse(path: Path): void {
    if (!this.isRefused) this.faults.error('steps_too_many', path, `A definition may have ${MOST_STEPS} steps.`);
    this.isRefused = true;
  }

  private type(name: string, path: Path): NodeTypeDescription | undefined {
    const type = this.catalogue.nodeType(name);
    if (type) return type;
    const known = this.catalogue.nodeTypes().map((candidate) => candidate.type);
    const hint = didYouMean(name, known) ?? `Known are: ${known.join(', ')}.`;
    this.faults.error('type_unknown', [...path, 'type'], `There is no step type "${name}".`, { hint });
    return undefined;
  }

  /** Moves lifted fields into the config, reads the nested steps there, and puts their normalised form in place. */
  private nested(
    read: Record<string, unknown>,
    type: NodeTypeDescription | undefined,
    path: Path,
    depth: number,
  ): ReadScope[] {
    const lifted = LIFTED.filter((name) => name in read);
    const config = renameToSchema(isPlainObject(read['config']) ? read['config'] : {}, type);
    for (const name of lifted) {
      if (type && !this.mayLift(name, type, config, path)) continue;
      config[name] ??= read[name];
    }
    for (const name of lifted) Reflect.deleteProperty(read, name);
    if (type || 'config' in read || lifted.length > 0) read['config'] = config;
    if (!type) return [];
    return nestedScopes(type, config).flatMap(({ name, at }) => {
      const [first, ...rest] = at;
      const holder = lifted.includes(first as (typeof LIFTED)[number]) ? path : [...path, 'config'];
      const scope = this.scope(
        name,
        valueAt(config, at),
        [...holder, ...(first === undefined ? [] : [first]), ...rest],
        depth + 1,
      );
      const steps = scope.steps.map((step) => step.definition);
      read['config'] = replaceAt(read['config'], at, steps);
      return [scope];
    });
  }

  private mayLift(name: string, type: NodeTypeDescription, config: Record<string, unknown>, path: Path): boolean {
    const at = [...path, name];
    if (name in config) {
      this.faults.error('key_duplicate', at, `"${name}" is given on the step and in its config.`, { at: 'key' });
      return false;
    }
    if (name in schemaFields(type)) return true;
    this.faults.error('field_unknown', at, `A step of type "${type.type}" has no field "${name}".`, { at: 'key' });
    return false;
  }
}

/** The scopes whose steps are given; a type's own complaint about them is left to its check. */
export function nestedScopes(type: NodeTypeDescription, config: Record<string, unknown>) {
  return type.nested(config).filter(({ at }) => valueAt(config, at) !== undefined && valueAt(config, at) !== null);
}

export function schemaFields(type: { readonly schema: Readonly<Record<string, unknown>> }): Record<string, unknown> {
  const properties = type.schema['properties'];
  return isPlainObject(properties) ? properties : {};
}

/** Config names in `camelCase` become the type's own where they differ in case only. */
export function renameToSchema(
  config: Readonly<Record<string, unknown>>,
  type: { readonly schema: Readonly<Record<string, unknown>> } | undefined,
): Record<string, unknown> {
  const known = type ? schemaFields(type) : {};
  const renamed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const other = snakeCase(key);
    renamed[!Object.hasOwn(known, key) && Object.hasOwn(known, other) && !(other in config) ? other : key] = value;
  }
  return renamed;
}

export function valueAt(value: unknown, at: readonly Segment[]): unknown {
  let current = value;
  for (const segment of at) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<Segment, unknown>)[segment];
  }
  return current;
}

/** A copy of `value` with `replacement` at the given place. */
export function replaceAt(value: unknown, at: readonly Segment[], replacement: unknown): unknown {
  const [first, ...rest] = at;
  if (first === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => (index === first ? replaceAt(item, rest, replacement) : item));
  }
  if (!isPlainObject(value)) return value;
  return { ...value, [first]: replaceAt(value[first], rest, replacement) };
}

function has(value: Record<string, unknown>, name: string): boolean {
  return value[name] !== undefined && value[name] !== null;
}

function readId(value: unknown, path: Path, faults: Faults): string | undefined {
  if (typeof value === 'string' && value.length <= 100 && ID.test(value)) return value;
  faults.error('id_invalid', path, `${JSON.stringify(value)} cannot be a step id.`, { hint: ID_HINT });
  return undefined;
}

const OUTPUT = { step: text(100), output: text(100) };

function readDependencies(value: unknown, path: Path, faults: Faults): unknown {
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) return wrongType('a list of step ids', value, path, faults);
  return list.flatMap((item: unknown, index) => {
    if (typeof item === 'string') return [item];
    const at = [...path, index];
    if (!isPlainObject(item)) {
      wrongType('a step id', item, at, faults);
      return [];
    }
    const read = readFields(item, at, OUTPUT, 'A dependency', faults);
    if (typeof read['step'] === 'string') return [typeof read['output'] === 'string' ? read : read['step']];
    faults.error('field_required', [...at, 'step'], 'A dependency needs "step".', {
      hint: '{step: check, output: "true"}',
    });
    return [];
  });
}
