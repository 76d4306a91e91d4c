import type { PoolClient } from 'pg';
import type { Plan } from '../../definition/plan.js';
import type { RetryPlan } from '../planner/retry-plan.js';
import { FromStepInvalidError, ParentGoneError } from '../engine.errors.js';
import { letGoOf } from './children.statements.js';
import { bodyOf, passPrefix } from './pass-plan.js';
import { readLoopStep } from './pass-seats.statements.js';

interface RetriedStep {
  readonly id: string;
  readonly step_path: string;
  readonly type: string;
  readonly scope: string | null;
}

/**
 * Before an execution is retried in place: which passes of its distributed loops count no longer, and so run again beside
 * those that have failed. All, when the loop starts afresh; the one in which `from` lies.
 * @throws FromStepInvalidError when the loop has no such pass.
 */
export async function letGoOfPasses(
  client: PoolClient,
  steps: readonly RetriedStep[],
  { again, afresh }: RetryPlan,
  from: string | undefined,
): Promise<void> {
  for (const { id, step_path: path, type, scope } of steps) {
    if (type !== 'loop' || scope !== null || !again.has(path)) continue;
    if (afresh.has(path)) await letGoOf(client, id, null);
    else if (from?.startsWith(`${path}[`) === true) {
      const position = Number.parseInt(from.slice(path.length + 1), 10);
      if ((await letGoOf(client, id, position)) === 0) throw noSuchPass(from);
    }
  }
}

/** What a retry of a pass goes by: its loop's body. @throws ParentGoneError 409 */
export async function passPlan(
  client: PoolClient,
  plan: Plan,
  pass: { readonly parent_step_id: string | null; readonly pass: number },
): Promise<{ readonly plan: Plan; readonly prefix: string }> {
  const loop = await readLoopStep(client, pass);
  if (loop === undefined) throw new ParentGoneError();
  return { plan: bodyOf(plan, loop.step_path), prefix: passPrefix(loop.step_path, pass) };
}

function noSuchPass(from: string): FromStepInvalidError {
  return new FromStepInvalidError('step_not_reached', `This execution has no pass with the step "${from}".`);
}
