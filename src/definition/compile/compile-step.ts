import { parseDuration } from '../../common/duration.js';
import type { Definition, RetryDefinition, StepDefinition } from '../definition.types.js';
import { compileExpression } from '../expressions/expression.js';
import { compileTemplate } from '../expressions/template.js';
import type { Dependency, PlanStep, RetryPolicy, Scope } from '../plan.js';
import { scopesOf } from '../scope-names.js';
import { compileCondition, LATE_NAMES, prepareConfig } from '../step-config.js';
import type { Effect, NodeTypeDescription } from '../type-catalogue.js';

export interface StepPlace {
  readonly path: string;
  readonly dependsOn: readonly Dependency[];
  /** What expressions see beside the usual names. */
  readonly names: readonly string[];
  readonly scopes: Readonly<Record<string, Scope>>;
  readonly defaults: Definition['defaults'];
}

export function compileStep(step: StepDefinition, type: NodeTypeDescription | undefined, place: StepPlace): PlanStep {
  const { names, defaults } = place;
  const prepared = prepareConfig(step, type);
  return {
    id: step.id,
    name: step.name ?? step.id,
    type: step.type,
    path: place.path,
    config: compileTemplate(prepared.value, { names, path: 'config' }),
    when: step.when === undefined ? null : compileCondition(step.when, { names, path: 'when' }),
    late: Object.fromEntries(
      prepared.late.map(({ at, source }) => [
        at.join('.'),
        compileExpression(source, { names: [...names, ...LATE_NAMES], path: `config.${at.join('.')}` }),
      ]),
    ),
    inputMapping:
      step.input_mapping === undefined ? null : compileTemplate(step.input_mapping, { names, path: 'input_mapping' }),
    outputMapping:
      step.output_mapping === undefined
        ? null
        : compileTemplate(step.output_mapping, { names: [...names, 'output'], path: 'output_mapping' }),
    dependsOn: place.dependsOn,
    join: step.join ?? null,
    timeoutMs: parseDuration(step.timeout) ?? parseDuration(defaults?.timeout),
    holdTimeoutMs: parseDuration(step.timeout),
    retry: retryPolicy(step.retry_policy, defaults?.retry),
    onError: step.on_error ?? 'fail',
    onInterrupt: step.on_interrupt ?? 'retry',
    priority: step.priority ?? 5,
    effect: effectOf(step, type),
    disabled: step.disabled ?? false,
    passesFollow: passesFollow(step, type),
    scopes: place.scopes,
  };
}

function passesFollow(step: StepDefinition, type: NodeTypeDescription | undefined): boolean {
  const isLoop = scopesOf(step, type).some(({ scope }) => scope.name === 'body');
  return isLoop && (step.config?.['max_concurrency'] ?? 1) === 1;
}

function effectOf(step: StepDefinition, type: NodeTypeDescription | undefined): Effect {
  if (!type) return 'once';
  try {
    return type.effect(step.config ?? {});
  } catch {
    // A type from outside that cannot tell is taken for the worst.
    return 'once';
  }
}

/** Nothing is repeated unless asked for: without `max_attempts` a policy that is given means three. */
function retryPolicy(own: RetryDefinition | undefined, defaults: RetryDefinition | undefined): RetryPolicy {
  const policy = { ...defaults, ...own };
  const isAsked = own !== undefined || defaults !== undefined;
  return {
    maxAttempts: policy.max_attempts ?? (isAsked ? 3 : 1),
    initialDelayMs: parseDuration(policy.initial_delay) ?? 1000,
    maxDelayMs: parseDuration(policy.max_delay) ?? 300_000,
    backoffFactor: policy.backoff_factor ?? 2,
    jitter: policy.jitter ?? 0.1,
    retryOn: policy.retry_on ?? [],
    abortOn: policy.abort_on ?? [],
    maxDurationMs: parseDuration(policy.max_duration),
  };
}
