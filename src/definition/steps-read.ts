import type { CompiledExpression } from './expressions/expression.js';
import type { CompiledTemplate } from './expressions/template.js';
import type { Plan, PlanStep } from './plan.js';

type ByPrefix = Map<string, ReadonlySet<string> | null>;

const known = new WeakMap<Plan, ByPrefix>();

/**
 * Ids of the steps that are read by the steps whose plan path begins with `prefix` (`each[].`); null: which ones they
 * read shows only when they run. Found once per plan.
 */
export function stepsReadIn(plan: Plan, prefix: string): ReadonlySet<string> | null {
  let byPrefix = known.get(plan);
  if (byPrefix === undefined) known.set(plan, (byPrefix = new Map<string, ReadonlySet<string> | null>()));
  let ids = byPrefix.get(prefix);
  if (ids === undefined) byPrefix.set(prefix, (ids = find(plan, prefix)));
  return ids;
}

function find(plan: Plan, prefix: string): ReadonlySet<string> | null {
  const ids = new Set<string>();
  for (const [path, step] of plan.steps) {
    if (!path.startsWith(prefix)) continue;
    for (const { references } of expressionsOf(step)) {
      if (references.names.has('steps') && references.steps.size === 0) return null;
      for (const id of references.steps) ids.add(id);
    }
  }
  return ids;
}

function expressionsOf(step: PlanStep): CompiledExpression[] {
  const templates = [step.config, step.inputMapping, step.outputMapping] as (CompiledTemplate | null)[];
  const conditions = [step.when, ...Object.values(step.late)] as (CompiledExpression | null)[];
  return [
    ...templates.flatMap((template) => (template?.expressions ?? []).map(({ expression }) => expression)),
    ...conditions.filter((expression) => expression !== null),
  ];
}
