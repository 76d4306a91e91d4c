import { soleTemplate } from '../expressions/split-template.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { formatPath, type Path, snakeCase } from '../parse/source.js';
import { readArguments } from './arguments.js';
import { CapturedNames } from './captured-names.js';
import { DEEPEST_TEMPLATES, readReference, type StepTemplate, type StepTemplates } from './step-template.js';
import { newRoom, substitute, type Substituted, TooLargeError } from './substitute.js';

type Fields = Record<string, unknown>;

/** What the step itself says; the rest is the template's. */
const NOT_BESIDE = new Set(['type', 'config', 'then', 'else', 'steps', 'cases', 'branches', 'default']);

export function usesTemplate(step: Fields): boolean {
  return step['template'] !== undefined && step['template'] !== null;
}

/**
 * Turns a step with `template` into what the template says. One step becomes that step, under the id and with the fields
 * of the one that uses it; several become a `group`, whose output is that of its last step.
 */
export class TemplateExpander {
  private readonly open: string[] = [];
  private readonly room = newRoom();

  constructor(
    private readonly templates: StepTemplates,
    private readonly faults: Faults,
  ) {}

  /** Calls `read` with the step that stands for it; undefined after reporting what is wrong. */
  expand<T>(step: Fields, path: Path, read: (step: Fields) => T | undefined): T | undefined {
    const template = this.find(step['template'], [...path, 'template']);
    if (template === undefined) return undefined;
    const made = this.make(step, template, path);
    if (made === undefined) return undefined;
    this.open.push(label(template));
    const result = read(made);
    this.open.pop();
    return result;
  }

  private find(reference: unknown, at: Path): StepTemplate | undefined {
    const read = typeof reference === 'string' ? readReference(reference) : null;
    const latest = read === null ? null : this.templates.latest(read.name);
    const template = read === null || read.version === null ? undefined : this.templates.find(read.name, read.version);
    if (template === undefined) {
      const message =
        read === null ? 'A template is named by name@version.' : `There is no template "${String(reference)}".`;
      const hint = read !== null && latest !== null ? `The latest is ${read.name}@${latest}.` : undefined;
      this.faults.error('template_unknown', at, message, { hint });
      return undefined;
    }
    const name = label(template);
    if (this.open.includes(name)) {
      const circle = [...this.open.slice(this.open.indexOf(name)), name].join(' -> ');
      this.faults.error('template_cycle', at, `These templates use each other: ${circle}.`);
      return undefined;
    }
    if (this.open.length < DEEPEST_TEMPLATES) return template;
    this.faults.error('nesting_too_deep', at, `Templates may be nested ${DEEPEST_TEMPLATES} deep.`);
    return undefined;
  }

  private make(step: Fields, template: StepTemplate, path: Path): Fields | undefined {
    const beside = this.fieldsBeside(step, path);
    const captured = new CapturedNames(template.steps.length === 1 ? inner(template.steps[0]) : template.steps);
    const values = readArguments(template, step['with'], [...path, 'with'], captured, this.faults);
    if (values === null) return undefined;
    try {
      const made = substitute(template.steps, values, this.room);
      return this.place(made, beside, template, path);
    } catch (error) {
      if (!(error instanceof TooLargeError)) throw error;
      this.faults.error('definition_too_large', [...path, 'template'], error.message);
      return undefined;
    }
  }

  private fieldsBeside(step: Fields, path: Path): Fields {
    const beside: Fields = {};
    for (const [key, value] of Object.entries(step)) {
      if (key === 'template' || key === 'with' || value === null || value === undefined) continue;
      if (NOT_BESIDE.has(snakeCase(key))) {
        const hint = 'What the template does is said by its parameters, in "with".';
        this.faults.error('field_unknown', [...path, key], `A step with "template" has no field "${key}".`, {
          hint,
          at: 'key',
        });
      } else beside[snakeCase(key)] = value;
    }
    return beside;
  }

  private place(made: Substituted, beside: Fields, template: StepTemplate, path: Path): Fields {
    const steps = made.value as unknown[];
    const [only] = steps;
    const inTemplate = [...path, 'template', 'steps'];
    const description = `From the template ${label(template)}.`;
    const isSingle = steps.length === 1 && isPlainObject(only);
    const below = isSingle ? path : [...path, 'config', 'steps'];
    if (isSingle)
      for (const key of Object.keys(only)) if (!(key in beside)) this.moved([...path, key], [...inTemplate, 0, key]);
    if (!isSingle) this.moved(below, inTemplate);
    for (const { path: at, parameter } of made.places)
      this.moved([...below, ...(isSingle ? at.slice(1) : at)], [...path, 'with', parameter]);
    for (const { path: at, parameter } of made.unknown) {
      const message = `The template "${label(template)}" reads a parameter "${parameter}", which it does not have.`;
      this.faults.error('template_parameter_unknown', [...below, ...(isSingle ? at.slice(1) : at)], message);
    }
    if (!isSingle) return { description, ...beside, type: 'group', config: { steps } };
    return { description, ...only, ...beside, ...both(only['when'], beside['when']) };
  }

  private moved(to: Path, from: Path): void {
    this.faults.origins.set(formatPath(to), this.faults.written(from));
  }
}

function label({ name, version }: StepTemplate): string {
  return `${name}@${version}`;
}

/** A step alone takes the id of the one that uses it; what stands inside it keeps its names. */
function inner(step: unknown): unknown[] {
  if (!isPlainObject(step)) return [];
  const { id: _id, ...rest } = step;
  return [rest];
}

/** Both conditions must hold. */
function both(own: unknown, given: unknown): Fields {
  const conditions = [given, own].map(conditionOf);
  return conditions.includes(null) ? {} : { when: conditions.map((condition) => `(${condition})`).join(' && ') };
}

/** A parameter may have made it true or false itself; null: there is none, or it is refused when it is read. */
function conditionOf(when: unknown): string | null {
  if (typeof when === 'boolean') return String(when);
  return typeof when === 'string' ? (soleTemplate(when) ?? when) : null;
}
