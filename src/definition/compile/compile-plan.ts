import { parseDuration } from '../../common/duration.js';
import type { Definition, StepDefinition, TriggerDefinition } from '../definition.types.js';
import { dependenciesOf, topologicalOrder } from '../dependencies.js';
import { compileTemplate } from '../expressions/template.js';
import type { ConcurrencyRule, Plan, PlannedTrigger, PlanStep, Scope, Template } from '../plan.js';
import { namesInScope, scopePrefix, scopesOf } from '../scope-names.js';
import type { TypeCatalogue } from '../type-catalogue.js';
import { compileStep } from './compile-step.js';

const MAX_PARALLEL = 10;

/**
 * The plan of a normalised definition. A definition that was found valid once always compiles, also when a type that it
 * uses has gone since: such a step fails when it runs.
 */
export function compilePlan(definition: Definition, catalogue: TypeCatalogue): Plan {
  const steps = new Map<string, PlanStep>();
  const compiler = new ScopeCompiler(definition, catalogue, steps);
  const scope = (name: string, list: readonly StepDefinition[] | undefined): Scope | null =>
    list ? compiler.scope(name, list, '', []) : null;
  return {
    name: definition.name,
    variables: definition.variables ?? {},
    inputSchema: definition.input_schema ?? null,
    output: template(definition.output, 'output'),
    timeoutMs: parseDuration(definition.timeout),
    maxParallel: definition.max_parallel ?? MAX_PARALLEL,
    concurrency: compileConcurrency(definition),
    retentionMs: parseDuration(definition.retention),
    main: scope('steps', definition.steps) ?? { name: 'steps', steps: [] },
    onFailure: scope('on_failure', definition.on_failure),
    finally: scope('finally', definition.finally),
    steps,
    triggers: (definition.triggers ?? []).map(planTrigger),
  };
}

class ScopeCompiler {
  constructor(
    private readonly definition: Definition,
    private readonly catalogue: TypeCatalogue,
    private readonly found: Map<string, PlanStep>,
  ) {}

  /** @param defaults of the steps in it: a step that holds others hands its retry policy down to them. */
  scope(
    name: string,
    steps: readonly StepDefinition[],
    prefix: string,
    names: readonly string[],
    defaults = this.definition.defaults,
  ): Scope {
    const edges = dependenciesOf(steps, this.catalogue);
    const order = topologicalOrder(
      steps.map((step) => step.id),
      edges,
    );
    const planned = order.flatMap((index) => {
      const step = steps[index];
      return step ? [this.step(step, edges[index] ?? [], prefix, names, defaults)] : [];
    });
    return { name, steps: planned };
  }

  private step(
    step: StepDefinition,
    dependsOn: PlanStep['dependsOn'],
    prefix: string,
    names: readonly string[],
    defaults: Definition['defaults'],
  ): PlanStep {
    const type = this.catalogue.nodeType(step.type);
    const path = `${prefix}${step.id}`;
    const scopes: Record<string, Scope> = {};
    const planned = compileStep(step, type, { path, dependsOn, names, scopes, defaults });
    const handedDown = withRetry(defaults, step.retry_policy);
    // A container stands before what it holds.
    this.found.set(path, planned);
    for (const { scope, steps } of scopesOf(step, type)) {
      const inner = type ? [...names, ...namesInScope(type, step.config ?? {}, scope.name)] : names;
      scopes[scope.name] = this.scope(scope.name, steps, scopePrefix(path, scope.name), inner, handedDown);
    }
    return planned;
  }
}

function withRetry(defaults: Definition['defaults'], own: StepDefinition['retry_policy']): Definition['defaults'] {
  return own === undefined ? defaults : { ...defaults, retry: { ...defaults?.retry, ...own } };
}

function compileConcurrency({ concurrency }: Definition): ConcurrencyRule | null {
  if (!concurrency) return null;
  return {
    key: template(concurrency.key, 'concurrency.key'),
    limit: concurrency.limit ?? 1,
    onLimit: concurrency.on_limit ?? 'queue',
  };
}

function template(value: unknown, path: string): Template | null {
  return value === undefined ? null : compileTemplate(value, { path });
}

function planTrigger(trigger: TriggerDefinition): PlannedTrigger {
  const { dedup } = trigger;
  return {
    type: trigger.type,
    name: trigger.name,
    config: trigger.config ?? {},
    isEnabled: trigger.is_enabled ?? true,
    filter: trigger.filter ?? null,
    input: trigger.input ?? null,
    priority: trigger.priority ?? null,
    dedup: dedup ? { key: dedup.key ?? null, ttlMs: parseDuration(dedup.ttl) } : null,
    startAt: trigger.start_at ?? null,
    endAt: trigger.end_at ?? null,
    mode: trigger.mode ?? null,
  };
}
