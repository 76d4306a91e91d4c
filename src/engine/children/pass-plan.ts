import type { Plan } from '../../definition/plan.js';
import { planPath } from '../run/step-book.js';

export interface PassOf {
  readonly pass: number;
}

/** What one pass of a distributed loop runs: the loop's body, and nothing else of the definition. */
export function bodyOf(plan: Plan, loopPath: string): Plan {
  const main = plan.steps.get(planPath(loopPath))?.scopes['body'] ?? { name: 'body', steps: [] };
  return { ...plan, main, output: null, onFailure: null, finally: null };
}

/** What the step paths of a pass begin with: `each[3].`. */
export function passPrefix(loopPath: string, { pass }: PassOf): string {
  return `${loopPath}[${pass}].`;
}
