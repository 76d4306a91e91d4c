import type { Dependency, Plan, PlanStep, Scope } from '../../definition/plan.js';
import { isFailure, isTerminal, type FanInstance, type FanView, type StepStatus, type StepView } from './step-view.js';

/** A step of the plan at its place in one execution. */
export interface PlacedStep {
  readonly step: PlanStep;
  /** The step path: `fetch`, `check.big`. */
  readonly path: string;
}

/** What should happen next. Pure: the same plan and the same states give the same answer. */
export interface Planned {
  /** Steps whose turn has come, in order of priority, then as written. */
  readonly ready: readonly PlacedStep[];
  /** Steps that can no longer be reached. */
  readonly skipped: readonly PlacedStep[];
  /** Steps with steps of their own, all of which have ended: how they end themselves. */
  readonly closed: readonly (PlacedStep & { readonly failedBy: string | null })[];
  /** Waiting steps that need not be waited for, since their scope has failed or is left over. */
  readonly abandoned: readonly PlacedStep[];
  /** Running steps that nobody waits for any more, since their scope is left over: to be aborted. */
  readonly aborted: readonly PlacedStep[];
  /** Steps that may open a further instance of their scopes. */
  readonly opening: readonly PlacedStep[];
  /** Instances that have ended. Their step must be told before anything else happens. */
  readonly returned: readonly Returned[];
  /** Set when nothing is left to do in the part of the plan that was asked about. */
  readonly ended: { readonly failedBy: string | null } | null;
}

/** How an instance of a step's scopes has ended. */
export interface Returned extends PlacedStep {
  readonly instance: FanInstance;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** The path of the step that failed it. */
  readonly failedBy: string | null;
}

export type States = ReadonlyMap<string, StepView>;

/** The parts of a definition, in the order in which they run. */
export type Part = 'main' | 'on_failure' | 'finally';

export function partOf(plan: Plan, part: Part): Scope | null {
  if (part === 'main') return plan.main;
  return part === 'on_failure' ? plan.onFailure : plan.finally;
}

/** The part that a step path leads into. */
export function partAt(plan: Plan, path: string): Part {
  const [id] = path.split(/[.[]/, 1);
  const holds = (part: Part): boolean => partOf(plan, part)?.steps.some((step) => step.id === id) ?? false;
  return (['on_failure', 'finally'] as const).find(holds) ?? 'main';
}

/** What comes next in one part of the plan, whose step paths begin with `prefix`. */
export function planNext(scope: Scope, states: States, prefix = ''): Planned {
  const walk = new Walk(states);
  const ended = walk.scope(scope, prefix);
  walk.ready.sort((a, b) => b.step.priority - a.step.priority);
  const { ready, skipped, closed, abandoned, aborted, opening, returned } = walk;
  return { ready, skipped, closed, abandoned, aborted, opening, returned, ended };
}

/** The step path of a nested step. */
export function nestedPrefix(path: string, scope: string): string {
  const branch = /^branches\.(.+)$/.exec(scope);
  return branch === null ? `${path}.` : `${path}.${branch[1] ?? ''}.`;
}

type Edge = 'open' | 'live' | 'dead';

interface ScopeIndex {
  readonly byId: ReadonlyMap<string, PlanStep>;
  /** Which steps jump to a step when they fail. */
  readonly jumpsTo: ReadonlyMap<string, readonly PlanStep[]>;
}

const indexes = new WeakMap<Scope, ScopeIndex>();

function indexOf(scope: Scope): ScopeIndex {
  let index = indexes.get(scope);
  if (index === undefined) {
    const jumps = scope.steps.filter((step) => typeof step.onError === 'object');
    index = {
      byId: new Map(scope.steps.map((step) => [step.id, step])),
      jumpsTo: Map.groupBy(jumps, (step) => (step.onError as { goto: string }).goto),
    };
    indexes.set(scope, index);
  }
  return index;
}

/** One pass over a scope in topological order. Decisions made on the way count for the steps that follow. */
class Walk {
  readonly ready: PlacedStep[] = [];
  readonly skipped: PlacedStep[] = [];
  readonly closed: (PlacedStep & { failedBy: string | null })[] = [];
  readonly abandoned: PlacedStep[] = [];
  readonly aborted: PlacedStep[] = [];
  readonly opening: PlacedStep[] = [];
  readonly returned: Returned[] = [];
  private readonly decided = new Map<string, StepView>();

  constructor(private readonly states: States) {}

  /** @returns how the scope ended; null while something in it is still to come. */
  scope(scope: Scope, prefix: string): { failedBy: string | null } | null {
    const failedBy = this.failure(scope, prefix);
    if (failedBy !== null) return this.windUp(scope, prefix) ? { failedBy } : null;
    let open = false;
    for (const step of scope.steps) {
      if (!this.visit(scope, step, prefix)) open = true;
    }
    // A nested scope that closed as failed in this pass fails this one: look again with what was decided.
    const failedNow = this.failure(scope, prefix);
    if (failedNow !== null) return this.scopeAfterFailure(scope, prefix, failedNow);
    return open ? null : { failedBy: null };
  }

  private scopeAfterFailure(scope: Scope, prefix: string, failedBy: string): { failedBy: string } | null {
    const inside = (placed: PlacedStep): boolean => placed.path.startsWith(prefix);
    // Nothing new starts in a scope that has failed.
    for (let index = this.ready.length - 1; index >= 0; index--) {
      const placed = this.ready[index];
      if (placed !== undefined && inside(placed)) this.ready.splice(index, 1);
    }
    return this.windUp(scope, prefix) ? { failedBy } : null;
  }

  /** @returns whether the step has ended. */
  private visit(scope: Scope, step: PlanStep, prefix: string): boolean {
    const path = prefix + step.id;
    const view = this.view(path);
    if (view === undefined) return this.reach(scope, step, prefix);
    if (isTerminal(view.status)) return true;
    if (view.isExpired === true) return this.expire({ step, path }, view);
    if (view.fan) return this.visitFan({ step, path }, view.fan, view.port);
    const inner = view.scope === null ? undefined : step.scopes[view.scope];
    if (inner === undefined || view.scope === null) return false;
    const ended = this.scope(inner, nestedPrefix(path, view.scope));
    if (ended === null) return false;
    this.closed.push({ step, path, failedBy: ended.failedBy });
    this.decide(path, ended.failedBy === null ? 'completed' : 'failed', view.port);
    return true;
  }

  /** What is inside a step whose time is up is ended, then the step itself. @returns whether it has ended. */
  private expire(placed: PlacedStep, view: StepView): boolean {
    if (view.fan) {
      const open = [...view.fan.open];
      const ended = open.map((instance) => this.hasEnded(placed, instance) ?? this.leave(placed, instance));
      this.returned.push(...ended.filter((returned) => returned !== null));
      // Its step must hear of them first.
      if (open.length > 0) return false;
    }
    const inside = view.fan ? [] : (entered(placed.step, placed.path, view) ?? []);
    if (inside.map(({ scope, prefix }) => this.windUp(scope, prefix, true)).includes(false)) return false;
    this.closed.push({ ...placed, failedBy: placed.path });
    this.decide(placed.path, 'timed_out', view.port);
    return true;
  }

  /** A step that has entered several scopes. @returns whether it has ended. */
  private visitFan(placed: PlacedStep, fan: FanView, port: string | null): boolean {
    const { verdict } = fan;
    let isOpen = false;
    for (const instance of fan.open) {
      isOpen = true;
      const returned = verdict === null ? this.visitInstance(placed, instance) : this.leave(placed, instance);
      if (returned !== null) this.returned.push(returned);
    }
    if (fan.hasRoom) this.opening.push(placed);
    if (verdict === null || isOpen) return false;
    this.closed.push({ ...placed, failedBy: verdict === 'failed' ? placed.path : null });
    this.decide(placed.path, verdict, port);
    return true;
  }

  private visitInstance(placed: PlacedStep, instance: FanInstance): Returned | null {
    const inner = placed.step.scopes[instance.scope];
    const ended = inner === undefined ? { failedBy: null } : this.scope(inner, instance.prefix);
    if (ended === null) return null;
    // Left over when its owner died: it must not count as completed now.
    const cancelled =
      inner?.steps.some((step) => this.view(instance.prefix + step.id)?.status === 'cancelled') ?? false;
    if (ended.failedBy !== null) return { ...placed, instance, status: 'failed', failedBy: ended.failedBy };
    return { ...placed, instance, status: cancelled ? 'cancelled' : 'completed', failedBy: null };
  }

  /** @returns null when something in it is still to come. */
  private hasEnded(placed: PlacedStep, instance: FanInstance): Returned | null {
    const steps = placed.step.scopes[instance.scope]?.steps ?? [];
    const isOver = steps.every((step) => isTerminal(this.view(instance.prefix + step.id)?.status ?? 'pending'));
    return isOver ? this.visitInstance(placed, instance) : null;
  }

  /** Its step is decided without it. */
  private leave(placed: PlacedStep, instance: FanInstance): Returned | null {
    const inner = placed.step.scopes[instance.scope];
    const hasEnded = inner === undefined || this.windUp(inner, instance.prefix, true);
    return hasEnded ? { ...placed, instance, status: 'cancelled', failedBy: null } : null;
  }

  /** Decides about a step that has no state yet. @returns whether it has ended (by being skipped). */
  private reach(scope: Scope, step: PlanStep, prefix: string): boolean {
    const path = prefix + step.id;
    if (this.isTargetOfGoto(scope, step, prefix)) {
      this.ready.push({ step, path });
      return false;
    }
    const verdict = join(
      step,
      step.dependsOn.map((dependency) => this.edge(scope, dependency, prefix)),
    );
    if (verdict === 'wait') return false;
    if (verdict === 'run') {
      this.ready.push({ step, path });
      return false;
    }
    this.skipped.push({ step, path });
    this.decide(path, 'skipped', null);
    return true;
  }

  private edge(scope: Scope, dependency: Dependency, prefix: string): Edge {
    const view = this.view(prefix + dependency.on);
    if (view === undefined || !isTerminal(view.status)) return 'open';
    // A disabled step is passed by: what comes after it runs as if it were not there.
    if (view.status === 'skipped' && indexOf(scope).byId.get(dependency.on)?.disabled === true) return 'live';
    if (view.status === 'skipped' || view.status === 'cancelled') return 'dead';
    if (isFailure(view.status)) {
      return indexOf(scope).byId.get(dependency.on)?.onError === 'continue' ? 'live' : 'dead';
    }
    return dependency.port === null || dependency.port === (view.port ?? 'out') ? 'live' : 'dead';
  }

  private isTargetOfGoto(scope: Scope, target: PlanStep, prefix: string): boolean {
    const jumps = indexOf(scope).jumpsTo.get(target.id) ?? [];
    return jumps.some((step) => isFailure(this.view(prefix + step.id)?.status ?? 'pending'));
  }

  /** The path of the first step whose failure fails its scope. */
  private failure(scope: Scope, prefix: string): string | null {
    for (const step of scope.steps) {
      if (step.onError !== 'fail') continue;
      const path = prefix + step.id;
      if (isFailure(this.view(path)?.status ?? 'pending')) return path;
    }
    return null;
  }

  /**
   * In a scope that has failed, or is left over, nothing starts; what runs may end (`abort`: is to be aborted), what
   * waits is given up. @returns all have ended.
   */
  private windUp(scope: Scope, prefix: string, abort = false): boolean {
    let open = false;
    for (const step of scope.steps) {
      const path = prefix + step.id;
      const view = this.view(path);
      if (view === undefined || isTerminal(view.status)) continue;
      const inside = entered(step, path, view);
      if (inside !== null) {
        const ended = inside.map((each) => this.windUp(each.scope, each.prefix, abort));
        if (ended.includes(false)) open = true;
        else this.abandon(step, path);
      } else if (view.status === 'waiting') this.abandon(step, path);
      else {
        open = true;
        if (abort) this.aborted.push({ step, path });
      }
    }
    return !open;
  }

  private abandon(step: PlanStep, path: string): void {
    this.abandoned.push({ step, path });
    this.decide(path, 'cancelled', null);
  }

  private view(path: string): StepView | undefined {
    return this.decided.get(path) ?? this.states.get(path);
  }

  private decide(path: string, status: StepStatus, port: string | null): void {
    this.decided.set(path, { status, scope: null, port });
  }
}

/** The scopes that a step has entered and not left; null: it has no steps of its own to wait for. */
function entered(step: PlanStep, path: string, view: StepView): { scope: Scope; prefix: string }[] | null {
  if (!view.fan) {
    const scope = view.scope === null ? undefined : step.scopes[view.scope];
    return scope === undefined || view.scope === null ? null : [{ scope, prefix: nestedPrefix(path, view.scope) }];
  }
  return [...view.fan.open].flatMap(({ scope: name, prefix }) => {
    const scope = step.scopes[name];
    return scope === undefined ? [] : [{ scope, prefix }];
  });
}

/** Whether a step's edges let it run (definition.md, Order; shapes.md, "Joins hold for one dependency too"). */
function join(step: PlanStep, edges: readonly Edge[]): 'run' | 'skip' | 'wait' {
  if (edges.length === 0) return 'run';
  const open = edges.includes('open');
  const live = edges.includes('live');
  const dead = edges.includes('dead');
  switch (step.join) {
    case 'all':
      if (dead) return 'skip';
      return open ? 'wait' : 'run';
    case 'any':
      if (live) return 'run';
      return open ? 'wait' : 'skip';
    case 'all_done':
      return open ? 'wait' : 'run';
    case null:
      if (open) return 'wait';
      return live ? 'run' : 'skip';
  }
}
