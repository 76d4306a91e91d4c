import type { Plan, PlanStep, Scope } from './plan.js';

export interface StepSummary {
  readonly id: string;
  readonly path: string;
  readonly name: string;
  readonly type: string;
  readonly depends_on: readonly { readonly step: string; readonly output: string | null }[];
  /** Steps inside, by scope: `then`, `body`, `branches.left`. */
  readonly scopes?: Readonly<Record<string, readonly StepSummary[]>>;
}

export interface PlanSummary {
  readonly name: string;
  /** In the order in which they become ready. */
  readonly steps: readonly StepSummary[];
  readonly on_failure: readonly StepSummary[];
  readonly finally: readonly StepSummary[];
  readonly triggers: readonly { readonly type: string; readonly name: string; readonly is_enabled: boolean }[];
}

/** The plan as `POST /workflows/validate` shows it. */
export function planSummary(plan: Plan): PlanSummary {
  return {
    name: plan.name,
    steps: summarise(plan.main),
    on_failure: summarise(plan.onFailure),
    finally: summarise(plan.finally),
    triggers: plan.triggers.map(({ type, name, isEnabled }) => ({ type, name, is_enabled: isEnabled })),
  };
}

function summarise(scope: Scope | null): StepSummary[] {
  return (scope?.steps ?? []).map(summariseStep);
}

function summariseStep(step: PlanStep): StepSummary {
  const scopes = Object.entries(step.scopes).map(([name, scope]) => [name, summarise(scope)] as const);
  return {
    id: step.id,
    path: step.path,
    name: step.name,
    type: step.type,
    depends_on: step.dependsOn.map(({ on, port }) => ({ step: on, output: port })),
    ...(scopes.length > 0 && { scopes: Object.fromEntries(scopes) }),
  };
}
