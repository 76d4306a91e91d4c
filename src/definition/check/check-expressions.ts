import { didYouMean } from '../did-you-mean.js';
import { InvalidExpressionError } from '../expressions/expression.errors.js';
import { compileExpression, type CompiledExpression } from '../expressions/expression.js';
import { compileTemplate } from '../expressions/template.js';
import type { Faults } from '../faults.js';
import { parsePath, type Path } from '../parse/source.js';
import type { ReadStep } from '../read/read-step.js';
import { compileCondition, LATE_NAMES, prepareConfig } from '../step-config.js';

const MOST_LISTED = 10;

/** What the steps of a scope may refer to: the scopes around it, and which names exist there. */
export interface Surroundings {
  /** Ids that have ended before anything in the scope starts, with what they stand for. */
  readonly before: ReadonlySet<string>;
  /** Ids that exist further out but may not have run. */
  readonly known: ReadonlySet<string>;
  readonly names: readonly string[];
}

/** What is known of ids elsewhere in the definition, for hints. */
export interface KnownIds {
  readonly ids: Iterable<string>;
  holderOf(id: string): string | undefined;
}

/** Parses and type-checks all expressions of a step, and checks that what they refer to has run. */
export function checkExpressions(step: ReadStep, around: Surroundings, known: KnownIds, faults: Faults): void {
  const { definition, path, configPath, type } = step;
  const references = new ReferenceChecker(definition.id, around, known, faults);
  const names = around.names;
  const prepared = prepareConfig(definition, type);
  checkTemplate(prepared.value, configPath, names, references, faults);
  const inside = new Set(step.scopes.flatMap((scope) => scope.steps.map((inner) => inner.definition.id)));
  for (const { at, source } of prepared.late) {
    const place = [...configPath, ...at];
    const compiled = attempt(
      () => compileExpression(source, { names: [...names, ...LATE_NAMES] }),
      place,
      faults,
      references,
    );
    if (compiled) references.check(compiled, place, inside);
  }
  if (definition.when !== undefined) {
    const place = [...path, 'when'];
    const compiled = attempt(() => compileCondition(definition.when ?? '', { names }), place, faults, references);
    if (compiled) references.check(compiled, place);
  }
  checkTemplate(definition.input_mapping, [...path, 'input_mapping'], names, references, faults);
  checkTemplate(definition.output_mapping, [...path, 'output_mapping'], [...names, 'output'], references, faults);
}

/** All expressions in a value that is no step's: `output`, `concurrency.key`. */
export function checkTemplate(
  value: unknown,
  place: Path,
  names: readonly string[],
  references: ExpressionChecker | null,
  faults: Faults,
): void {
  if (value === undefined) return;
  const report = (fault: InvalidExpressionError) => {
    faults.error(fault.code, [...place, ...parsePath(fault.path)], fault.message, { hint: hintFor(fault, references) });
  };
  const { expressions } = compileTemplate(value, { names, onFault: report });
  for (const { path, expression } of expressions) references?.check(expression, [...place, ...parsePath(path)]);
}

/** Looks at what an expression reads. */
export interface ExpressionChecker {
  check(expression: CompiledExpression, place: Path): void;
  /** Whether there is a step of this id. */
  isKnown?(id: string): boolean;
}

/** Checks `steps.x` in one place against what has run before it. */
export class ReferenceChecker implements ExpressionChecker {
  constructor(
    /** The step whose expression it is; null for the definition's own. */
    private readonly self: string | null,
    private readonly around: Surroundings,
    private readonly known: KnownIds,
    private readonly faults: Faults,
  ) {}

  check(expression: CompiledExpression, place: Path, inside: ReadonlySet<string> = new Set()): void {
    for (const id of expression.references.steps) {
      if (this.around.before.has(id) || inside.has(id)) continue;
      this.report(id, place);
    }
  }

  isKnown(id: string): boolean {
    return this.known.holderOf(id) !== undefined;
  }

  private report(id: string, place: Path): void {
    if (id === this.self) {
      const hint = "A step's own result is `output`, in output_mapping.";
      this.faults.error('reference_not_before', place, `The step "${id}" refers to itself.`, { hint });
      return;
    }
    if (this.around.known.has(id)) {
      const hint = this.self === null ? undefined : `Add "${id}" to depends_on, of this step or of one before it.`;
      const message = `The step "${id}" cannot have run here: nothing makes this step wait for it.`;
      this.faults.error('reference_not_before', place, message, { hint });
      return;
    }
    const holder = this.known.holderOf(id);
    if (holder !== undefined) {
      const hint = holder === '' ? undefined : `From outside, read steps.${holder}.output.`;
      const message =
        holder === '' ? `The step "${id}" cannot have run here.` : `The step "${id}" stands inside "${holder}".`;
      this.faults.error('reference_not_before', place, message, { hint });
      return;
    }
    const hint = didYouMean(id, this.known.ids) ?? listed([...this.known.ids]);
    this.faults.error('reference_unknown', place, `There is no step "${id}".`, { hint });
  }
}

function listed(ids: readonly string[]): string | undefined {
  if (ids.length === 0) return undefined;
  return `There are: ${ids.slice(0, MOST_LISTED).join(', ')}${ids.length > MOST_LISTED ? ', …' : ''}.`;
}

/** `steps.a-b` is `steps.a` minus `b`: the usual mistake with a hyphen. */
function hintFor(fault: InvalidExpressionError, references: ExpressionChecker | null): string | undefined {
  const id = /\bsteps\.([A-Za-z_][\w]*-[\w-]*)/.exec(fault.message)?.[1];
  return id !== undefined && references?.isKnown?.(id) ? `For an id with a hyphen write steps["${id}"].` : fault.hint;
}

export function attempt<T>(
  compile: () => T,
  place: Path,
  faults: Faults,
  references: ReferenceChecker | null = null,
): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof InvalidExpressionError)) throw error;
    faults.error(error.code, place, error.message, { hint: hintFor(error, references) });
    return undefined;
  }
}
