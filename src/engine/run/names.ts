import type { Names, Plan } from '../../definition/plan.js';
import type { FanOut } from '../../nodes/node.contract.js';
import type { FanInstance } from '../planner/step-view.js';
import type { ClaimedExecution } from './claim.statement.js';
import type { StepRecord } from './step-record.js';

/** What an expression sees of a step. */
export interface StepNames {
  readonly output: unknown;
  readonly status: string;
  readonly error: unknown;
  readonly attempts: number;
}

/** Steps outside of what an execution runs, by the prefix of their scope and their id. */
export type OuterSteps = ReadonlyMap<string, Record<string, StepNames>>;

/**
 * The names that expressions of one execution see (definition.md, Expressions). `steps.x` is the nearest `x` outward: a
 * nested step sees its siblings first, then the scopes around it.
 */
export class ExecutionNames {
  private readonly fixed: Record<string, unknown>;
  private readonly execution: Record<string, unknown>;
  /** The steps of each scope, by its prefix. */
  private readonly byPrefix = new Map<string, Record<string, StepNames>>([['', {}]]);

  /** What is special at a prefix: a loop's `item` and `index`. */
  private readonly places = new Map<string, Names>();

  constructor(claimed: ClaimedExecution, plan: Plan, env: Readonly<Record<string, string>>) {
    this.execution = {
      id: claimed.id,
      workflow_id: claimed.workflow_id,
      version: claimed.version,
      started_at: claimed.start_time.toISOString(),
      attempt: claimed.attempt,
    };
    this.fixed = {
      input: claimed.input,
      variables: { ...plan.variables, ...claimed.variables },
      secrets: {},
      trigger: claimed.trigger,
      execution: this.execution,
      env,
    };
  }

  set secrets(values: Readonly<Record<string, string>>) {
    this.fixed['secrets'] = values;
  }

  /** What `on_failure` and `finally` see of the end: `execution.status`, `execution.error`. */
  setOutcome(status: string, error: unknown): void {
    this.execution['status'] = status;
    this.execution['error'] = error;
  }

  /** What an instance's steps see beside the usual names: a loop's `item` and `index`. */
  place({ prefix, position, item }: FanInstance, { over }: FanOut): void {
    if ('scopes' in over) return;
    const own = over.itemName === null ? {} : { [over.itemName]: item };
    this.places.set(prefix, { item, index: position, ...own });
  }

  /** What is seen around the place of a pass: the steps outside of it, and the loops it stands in. */
  placeOutside(prefix: string, names: Names, steps: OuterSteps): void {
    this.places.set(prefix, names);
    for (const [outside, known] of steps) this.byPrefix.set(outside, known);
  }

  /** What is special at a prefix, and around it. */
  placesAt(prefix: string): Names {
    const own = this.places.get(prefix);
    if (prefix === '') return {};
    return { ...this.placesAt(outer(prefix)), ...own };
  }

  /** The steps at this prefix are looked at no more. */
  forget(prefix: string): void {
    this.byPrefix.delete(prefix);
    this.places.delete(prefix);
  }

  keep(record: StepRecord): void {
    const { output, status, error, attempt } = record.fields;
    let scope = this.byPrefix.get(record.prefix);
    if (scope === undefined) this.byPrefix.set(record.prefix, (scope = {}));
    scope[record.step.id] = { output, status, error, attempts: attempt };
  }

  /** The names at a scope. */
  at(prefix: string): Names {
    if (this.places.size === 0) return { ...this.fixed, steps: this.stepsAt(prefix) };
    return { ...this.fixed, ...this.placesAt(prefix), steps: this.stepsAt(prefix) };
  }

  private stepsAt(prefix: string): Record<string, StepNames> {
    const own = this.byPrefix.get(prefix) ?? {};
    if (prefix === '') return own;
    return { ...this.stepsAt(outer(prefix)), ...own };
  }
}

/** The prefix of the scope around: `check.` for `check.inner.`, empty for `check.`. */
export function outer(prefix: string): string {
  const cut = prefix.lastIndexOf('.', prefix.length - 2);
  return cut === -1 ? '' : prefix.slice(0, cut + 1);
}
