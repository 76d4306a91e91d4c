import { createHash } from 'node:crypto';
import type { ConcurrencyRule, Plan } from '../../definition/plan.js';
import type { ExecutionRequest } from '../engine.contract.js';

/** What an execution is to have of its workflow's `concurrency`. */
export interface Place {
  /** Of this workflow alone, short, and fit for PostgreSQL's `text` whatever the template gives. */
  readonly key: string;
  readonly limit: number;
  readonly onLimit: ConcurrencyRule['onLimit'];
}

type Named = Pick<ExecutionRequest, 'workflowId' | 'version' | 'input' | 'variables' | 'trigger'>;

/** null: no rule. @throws ExpressionError when the key cannot be had from these names. */
export function placeOf(plan: Plan, execution: Named, env: Readonly<Record<string, string>>): Place | null {
  const rule = plan.concurrency;
  if (rule === null) return null;
  const { limit, onLimit } = rule;
  if (rule.key === null) return { key: execution.workflowId, limit, onLimit };
  const value = rule.key.evaluate({
    input: execution.input,
    variables: { ...plan.variables, ...execution.variables },
    trigger: execution.trigger,
    execution: { workflow_id: execution.workflowId, version: execution.version },
    secrets: {},
    steps: {},
    env,
  });
  const digest = createHash('sha256')
    .update(JSON.stringify(value ?? null))
    .digest('base64url');
  return { key: `${execution.workflowId}:${digest}`, limit, onLimit };
}
