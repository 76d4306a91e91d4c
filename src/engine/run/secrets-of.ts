import type { Plan } from '../../definition/plan.js';
import { requiredSecrets } from '../../definition/required-secrets.js';

const known = new WeakMap<Plan, readonly string[]>();

/** The secrets that a plan's expressions name; read from the plan once. */
export function secretsOf(plan: Plan): readonly string[] {
  let names = known.get(plan);
  if (names === undefined) known.set(plan, (names = [...requiredSecrets(plan)]));
  return names;
}
