import type { Fault } from '../../common/errors/app-error.js';
import { ancestorsOf, dependenciesOf, topologicalOrder } from '../dependencies.js';
import { didYouMean } from '../did-you-mean.js';
import type { Faults } from '../faults.js';
import type { Path } from '../parse/source.js';
import type { Dependency } from '../plan.js';
import type { ReadDefinition } from '../read/read-definition.js';
import type { ReadScope, ReadStep } from '../read/read-step.js';
import { namesInScope, scopePrefix } from '../scope-names.js';
import type { TypeCatalogue } from '../type-catalogue.js';
import { checkExpressions, type Surroundings } from './check-expressions.js';

/** Checks ids, dependencies, configs and references of every scope. */
export class StepChecker {
  private readonly paths = new Map<string, Path>();
  /** Every id of the definition with the step that holds it, for hints. */
  private readonly holders = new Map<string, string>();

  constructor(
    private readonly catalogue: TypeCatalogue,
    private readonly faults: Faults,
  ) {}

  check({ main, onFailure, finally: last }: ReadDefinition): void {
    for (const scope of [main, onFailure, last]) if (scope) this.collect(scope, '');
    const outside: Surroundings = { before: new Set(), known: new Set(), names: [] };
    this.scope(main, '', outside);
    const mainIds = new Set(main.steps.map((step) => step.definition.id));
    const failed = new Set([...mainIds, ...(onFailure?.steps ?? []).map((step) => step.definition.id)]);
    if (onFailure) this.scope(onFailure, '', { before: mainIds, known: mainIds, names: [] });
    if (last) this.scope(last, '', { before: failed, known: failed, names: [] });
  }

  /** Hint for an id that exists inside another step. */
  holderOf(id: string): string | undefined {
    return this.holders.get(id);
  }

  get ids(): Iterable<string> {
    return this.holders.keys();
  }

  private collect(scope: ReadScope, holder: string): void {
    for (const step of scope.steps) {
      if (!this.holders.has(step.definition.id)) this.holders.set(step.definition.id, holder);
      for (const inner of step.scopes) this.collect(inner, step.definition.id);
    }
  }

  private scope(scope: ReadScope, prefix: string, around: Surroundings): void {
    for (const step of scope.steps) this.claimPath(prefix, step);
    const ids = scope.steps.map((step) => step.definition.id);
    const edges = dependenciesOf(
      scope.steps.map((step) => step.definition),
      this.catalogue,
    );
    this.checkEdges(scope, ids, edges);
    const order = topologicalOrder(ids, edges);
    if (order.length < new Set(ids).size) this.reportCycle(scope, ids, edges, order);
    const before = withGotos(scope, ancestorsOf(ids, edges, order));
    for (const step of scope.steps)
      this.step(step, prefix, ids, before.get(step.definition.id) ?? new Set(ids), around);
  }

  private step(
    step: ReadStep,
    prefix: string,
    siblings: readonly string[],
    ancestors: ReadonlySet<string>,
    around: Surroundings,
  ): void {
    const { id } = step.definition;
    this.checkGoto(step, siblings, ancestors);
    this.checkConfig(step);
    const own: Surroundings = {
      before: new Set([...around.before, ...ancestors]),
      known: new Set([...around.known, ...siblings]),
      names: around.names,
    };
    checkExpressions(step, own, this, this.faults);
    for (const scope of step.scopes) {
      const names = step.type ? namesInScope(step.type, step.definition.config ?? {}, scope.name) : [];
      const inner = { ...own, names: [...around.names, ...names] };
      this.scope(scope, scopePrefix(`${prefix}${id}`, scope.name), inner);
    }
  }

  private claimPath(prefix: string, step: ReadStep): void {
    const { id } = step.definition;
    const path = `${prefix}${id}`;
    if (this.paths.has(path)) {
      const hint = 'Ids are unique among the steps beside each other, and across the branches of one condition.';
      this.faults.error('id_duplicate', [...step.path, 'id'], `Two steps have the id "${id}".`, { hint });
    } else this.paths.set(path, step.path);
  }

  private checkEdges(scope: ReadScope, ids: readonly string[], edges: readonly (readonly Dependency[])[]): void {
    for (const [index, step] of scope.steps.entries()) {
      const written = step.definition.depends_on ?? [];
      for (const [position, item] of written.entries()) {
        const on = typeof item === 'string' ? item : item.step;
        this.checkEdge(step, on, [...step.path, 'depends_on', position], ids);
      }
      this.checkPorts(scope, step, edges[index] ?? []);
    }
  }

  private checkEdge(step: ReadStep, on: string, path: Path, ids: readonly string[]): void {
    if (on === step.definition.id) {
      this.faults.error('dependency_cycle', path, `The step "${on}" depends on itself.`);
      return;
    }
    if (ids.includes(on)) return;
    const holder = this.holders.get(on);
    if (holder !== undefined) {
      const place = holder === '' ? 'outside of this scope' : `inside "${holder}"`;
      const hint = `Depend on a step beside it. Its siblings are: ${ids.join(', ')}.`;
      this.faults.error('dependency_not_sibling', path, `The step "${on}" stands ${place}.`, { hint });
      return;
    }
    const hint = didYouMean(on, ids) ?? `Its siblings are: ${ids.slice(0, 20).join(', ')}.`;
    this.faults.error('dependency_unknown', path, `There is no step "${on}".`, { hint });
  }

  private checkPorts(scope: ReadScope, step: ReadStep, edges: readonly Dependency[]): void {
    for (const { on, port } of edges) {
      const type = scope.steps.find(({ definition }) => definition.id === on)?.type;
      if (port === null || !type || type.ports.includes(port.replace(/\[\d+\]$/, '[*]'))) continue;
      const hint = didYouMean(port, type.ports) ?? `Its outputs are: ${type.ports.join(', ')}.`;
      const path = this.edgePath(step, on);
      this.faults.error('output_unknown', path, `"${on}" (${type.type}) has no output "${port}".`, { hint });
    }
    if (step.definition.join !== 'all') return;
    const twice = edges.find((edge) => edges.some((other) => other.on === edge.on && other.port !== edge.port));
    if (!twice) return;
    const message = `The step "${step.definition.id}" waits for two outputs of "${twice.on}", which takes one.`;
    this.faults.error('step_unreachable', step.path, message, { hint: 'join: any' });
  }

  private edgePath(step: ReadStep, on: string): Path {
    const position = (step.definition.depends_on ?? []).findIndex((item) =>
      typeof item === 'string' ? item === on : item.step === on,
    );
    return [...step.path, 'depends_on', Math.max(position, 0)];
  }

  private reportCycle(
    scope: ReadScope,
    ids: readonly string[],
    edges: readonly (readonly Dependency[])[],
    order: readonly number[],
  ): void {
    const cycle = findCycle(ids, edges, new Set(order));
    const first = scope.steps.find((step) => step.definition.id === cycle[0]);
    if (!first || cycle.length < 3) return;
    const message = `These steps wait for each other: ${cycle.join(' -> ')}.`;
    const path = first.definition.depends_on ? [...first.path, 'depends_on'] : first.path;
    this.faults.error('dependency_cycle', path, message, { hint: 'Remove one of these dependencies.' });
  }

  private checkGoto(step: ReadStep, siblings: readonly string[], ancestors: ReadonlySet<string>): void {
    const { on_error: onError, id } = step.definition;
    if (typeof onError !== 'object') return;
    const path = [...step.path, 'on_error', 'goto'];
    if (!siblings.includes(onError.goto)) {
      const hint = didYouMean(onError.goto, siblings) ?? `Its siblings are: ${siblings.slice(0, 20).join(', ')}.`;
      this.faults.error('goto_unknown', path, `There is no step "${onError.goto}" beside "${id}".`, { hint });
    } else if (onError.goto === id || ancestors.has(onError.goto)) {
      const message = `"${onError.goto}" has run before "${id}"; going back would run it again.`;
      this.faults.error('goto_backward', path, message, { hint: 'Go to a later step, or use retry_policy.' });
    }
  }

  private checkConfig(step: ReadStep): void {
    if (!step.type) return;
    for (const fault of safeCheck(() => step.type?.check(step.definition.config ?? {}) ?? [])) {
      this.faults.configError(fault, step.configPath);
    }
  }
}

/** A type from outside that throws is a fault of the config, not of the server. */
export function safeCheck(check: () => readonly Fault[]): readonly Fault[] {
  try {
    return check();
  } catch (error) {
    return [
      { path: '', code: 'config_invalid', message: error instanceof Error ? error.message : 'It cannot be read.' },
    ];
  }
}

/** Where a failure leads to a step, that step (and what follows it) has seen the one that failed. */
function withGotos(
  scope: ReadScope,
  ancestors: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const jumps = scope.steps.flatMap(({ definition: { id, on_error: onError } }) =>
    typeof onError === 'object' ? [{ from: id, to: onError.goto }] : [],
  );
  if (jumps.length === 0) return ancestors;
  const result = new Map<string, Set<string>>();
  for (const [id, own] of ancestors) {
    const seen = new Set(own);
    for (const { from, to } of jumps) {
      if (to !== id && !own.has(to)) continue;
      seen.add(from);
      for (const earlier of ancestors.get(from) ?? []) seen.add(earlier);
    }
    result.set(id, seen);
  }
  return result;
}

function findCycle(
  ids: readonly string[],
  edges: readonly (readonly Dependency[])[],
  done: ReadonlySet<number>,
): string[] {
  const position = new Map(ids.map((id, index) => [id, index]));
  const start = ids.findIndex((_, index) => !done.has(index));
  const trail: number[] = [];
  // Every step that is left waits for another that is left, so walking backwards must come round.
  for (let at: number | undefined = start; at !== undefined && at >= 0;) {
    const seen = trail.indexOf(at);
    if (seen >= 0) return [...trail.slice(seen), at].reverse().map((index) => ids[index] ?? '');
    trail.push(at);
    at = (edges[at] ?? []).map(({ on }) => position.get(on)).find((index) => index !== undefined && !done.has(index));
  }
  return [];
}
