import type { Fault } from '../../common/errors/app-error.js';
import { didYouMean } from '../../common/validation/did-you-mean.js';
import type { Plan } from '../../definition/plan.js';
import { FAILURE_KEY, failureOf } from '../run/mocks.js';
import { planPath } from '../run/step-book.js';

/** How many steps a hint names. */
const MOST_NAMED = 30;

/** Mocks of steps that the plan does not have, and failures that say no code. */
export function mockFaults(plan: Plan, mocks: Readonly<Record<string, unknown>>): Fault[] {
  const ids = new Set([...plan.steps.values()].map((step) => step.id));
  return Object.entries(mocks).flatMap(([name, value]): Fault[] => {
    const path = `mocks.${name}`;
    const isKnown = ids.has(name) || plan.steps.has(planPath(name));
    if (!isKnown)
      return [{ path, code: 'step_unknown', message: `there is no step "${name}"`, hint: hintFor(name, plan) }];
    return hasGoodFailure(value) ? [] : [failureFault(path)];
  });
}

function hintFor(name: string, plan: Plan): string {
  const paths = [...plan.steps.keys()];
  const meant = didYouMean(name, paths);
  const more = paths.length > MOST_NAMED ? ', …' : '';
  const list = `steps: ${paths.slice(0, MOST_NAMED).join(', ')}${more}`;
  return meant === undefined ? list : `did you mean "${meant}"? ${list}`;
}

function hasGoodFailure(value: unknown): boolean {
  const failure = failureOf(value);
  if (failure === undefined) return true;
  if (typeof failure !== 'object' || failure === null) return false;
  const { code, message, ...others } = failure as Record<string, unknown>;
  const isText = typeof code === 'string' && code !== '' && ['string', 'undefined'].includes(typeof message);
  return isText && Object.keys(others).length === 0 && Object.keys(value as object).length === 1;
}

function failureFault(path: string): Fault {
  return {
    path: `${path}.${FAILURE_KEY}`,
    code: 'value_invalid',
    message: 'a mocked failure is {"code": text, "message": text}, and nothing stands beside it',
    hint: '{"$error": {"code": "http_503", "message": "not now"}}',
  };
}
