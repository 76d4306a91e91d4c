import type { Plan, PlanStep, Scope } from '../../definition/plan.js';
import { nestedPrefix, planNext } from './planner.js';
import { isFailure, SEVERAL, type StepView } from './step-view.js';

/** What a retry does with the step executions that are there; those it does not name stay as they are. */
export interface RetryPlan {
  /** Step paths that run again from the start; of a completed loop or parallel, what is inside may stay. */
  readonly again: ReadonlySet<string>;
  /** Steps around such ones: they keep the way they have taken, and end anew when what is inside has ended. */
  readonly reopened: ReadonlySet<string>;
  /** Of `again`: something before them runs again too, or it is asked for; nothing of what they have done is kept. */
  readonly afresh: ReadonlySet<string>;
  /** False: the step to retry from lies in a branch that this execution has not taken. */
  readonly reachesFrom: boolean;
}

/**
 * Which steps of an ended execution run again. Pure.
 *
 * Completed steps stay, and so does a failure or a skip that a completed step has followed: it was answered by `on_error`
 * or a join already. `from` and all that follows it run again whatever they ended as. When the main part has work to do
 * again, so have `on_failure` and `finally`.
 * @param from a step path; null: no step in particular.
 * @param prefix what the step paths of the main part begin with, as `planNext` knows it.
 */
export function planRetry(
  plan: Plan,
  views: ReadonlyMap<string, StepView>,
  from: string | null,
  prefix = '',
): RetryPlan {
  const walk = new RetryWalk(views, from);
  walk.scope(plan.main, prefix);
  const mainStays = walk.again.size + walk.reopened.size === 0 && planNext(plan.main, views, prefix).ended !== null;
  for (const part of [plan.onFailure, plan.finally]) {
    if (part === null) continue;
    if (mainStays) walk.scope(part, '');
    else walk.wholeScope(part);
  }
  const { again, reopened, afresh } = walk;
  return { again, reopened, afresh, reachesFrom: from === null || walk.reachesFrom };
}

class RetryWalk {
  readonly again = new Set<string>();
  readonly afresh = new Set<string>();
  readonly reopened = new Set<string>();
  reachesFrom = false;

  constructor(
    private readonly views: ReadonlyMap<string, StepView>,
    private readonly from: string | null,
  ) {}

  scope(scope: Scope, prefix: string): void {
    const target = scope.steps.find((step) => this.leadsToFrom(prefix + step.id));
    const following = target === undefined ? new Set<string>() : followers(scope, target.id);
    for (const step of scope.steps) {
      const path = prefix + step.id;
      if (path === this.from) this.reachesFrom = true;
      const view = this.views.get(path);
      if (path === this.from || following.has(step.id)) this.runAgain(path);
      else if (view === undefined) this.reachesFrom ||= step === target;
      else if (step === target || !this.stays(scope, step, prefix)) this.reopen(step, path, view);
    }
    this.noteAfresh(scope, prefix);
  }

  /** Every step of a part that will be entered anew. */
  wholeScope(scope: Scope): void {
    for (const { id } of scope.steps) {
      if (id === this.from) this.reachesFrom = true;
      this.runAgain(id);
      this.afresh.add(id);
    }
  }

  private noteAfresh(scope: Scope, prefix: string): void {
    for (const { id } of scope.steps) {
      if (prefix + id === this.from) this.afresh.add(prefix + id);
      if (!this.again.has(prefix + id)) continue;
      for (const after of followers(scope, id)) if (this.again.has(prefix + after)) this.afresh.add(prefix + after);
    }
  }

  private leadsToFrom(path: string): boolean {
    return this.from !== null && (this.from === path || isInside(this.from, path));
  }

  /** The step with all that is in it. */
  private runAgain(path: string): void {
    for (const known of this.views.keys()) {
      if (known === path || isInside(known, path)) this.again.add(known);
    }
  }

  private reopen(step: PlanStep, path: string, view: StepView): void {
    if (view.scope === SEVERAL) return this.reopenSeveral(step, path, view);
    const inner = view.scope === null ? undefined : step.scopes[view.scope];
    if (inner === undefined || view.scope === null) {
      // What was completed without entering a scope has not taken the way to `from`; but passes may be executions.
      if (view.status === 'completed' && this.from?.startsWith(`${path}[`) !== true) return;
      this.runAgain(path);
      this.reachesFrom ||= this.leadsToFrom(path);
      return;
    }
    this.reopened.add(path);
    for (const place of this.places(path, view.scope)) this.scope(inner, place);
  }

  /** Each branch, or each pass, by itself: those that have completed stay, unless they follow the one with `from`. */
  private reopenSeveral(step: PlanStep, path: string, view: StepView): void {
    if (view.status !== 'completed') this.reopened.add(path);
    // What it went by is let go of at its good end: it enters its scopes anew, and finds there what has completed.
    else if (this.leadsToFrom(path)) this.again.add(path);
    else return;
    const last = step.passesFollow ? this.passOfFrom(path) : Infinity;
    for (const [name, inner] of Object.entries(step.scopes)) {
      for (const place of this.places(path, name)) if (passAt(place, path) <= last) this.scope(inner, place);
    }
    for (const known of this.views.keys()) if (passAt(known, path) > last) this.again.add(known);
  }

  private passOfFrom(path: string): number {
    return this.from === null || !this.leadsToFrom(path) ? Infinity : passAt(this.from, path);
  }

  /** Where the steps of a nested scope stand in this execution: at one place, or at one for each pass of a loop. */
  private places(path: string, scope: string): readonly string[] {
    const passes = [...this.views.keys()].filter((known) => known.startsWith(`${path}[`));
    if (passes.length === 0) return [nestedPrefix(path, scope)];
    return [...new Set(passes.map((known) => known.slice(0, known.indexOf('].', path.length) + 2)))];
  }

  private stays(scope: Scope, step: PlanStep, prefix: string): boolean {
    const status = this.views.get(prefix + step.id)?.status;
    if (status === undefined || status === 'completed') return true;
    const answered = status === 'skipped' || (isFailure(status) && step.onError !== 'fail');
    if (!answered) return false;
    return [...followers(scope, step.id)].some((id) => this.views.get(prefix + id)?.status === 'completed');
  }
}

/** Whether a step path lies in a step with steps of its own. */
export function isInside(path: string, outer: string): boolean {
  return path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);
}

/** The pass of the loop at `loop` that a path lies in; -1: in none. */
function passAt(path: string, loop: string): number {
  return path.startsWith(`${loop}[`) ? Number.parseInt(path.slice(loop.length + 1), 10) : -1;
}

/** The ids of the steps of a scope that come after a step, by dependencies and by `goto`. */
function followers(scope: Scope, id: string): Set<string> {
  const found = new Set<string>();
  const from = [id];
  for (let next = from.pop(); next !== undefined; next = from.pop()) {
    for (const step of scope.steps) {
      if (step.id === id || found.has(step.id) || !comesAfter(scope, step, next)) continue;
      found.add(step.id);
      from.push(step.id);
    }
  }
  return found;
}

function comesAfter(scope: Scope, step: PlanStep, id: string): boolean {
  if (step.dependsOn.some((dependency) => dependency.on === id)) return true;
  const before = scope.steps.find((one) => one.id === id);
  return typeof before?.onError === 'object' && before.onError.goto === step.id;
}
