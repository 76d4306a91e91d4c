import fc from 'fast-check';
import type { Answer, Api } from './api.js';
import { startApp, type TestApp } from './app.js';

const AT_ONCE = 16;

/** `FUZZ_SEED` repeats a run. */
export const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** An answer to one of many hands. */
export interface Handled {
  readonly name: string;
  readonly which: number;
  readonly answer: Answer;
}

export interface Hands<Target> {
  /** How many operations there are in all; which, on which replica and with which variant follows from the seed. */
  readonly count: number;
  /** By name. `which` picks a variant. */
  readonly operations: Readonly<Record<string, (api: Api, target: Target, which: number) => Promise<Answer>>>;
  /** Codes of a 404 that is due: what another hand may have removed. */
  readonly gone: readonly string[];
  readonly target: (which: number) => Target;
  /** Looks at each answer. @returns what is odd about it, beside a 5xx and a 404 that is not due. */
  readonly onAnswer?: (handled: Handled) => Promise<readonly string[]>;
}

export async function startTwo(): Promise<readonly [TestApp, TestApp]> {
  const env = { RATE_LIMIT_API: '1000000/1s' };
  const one = await startApp(env);
  return [one, await startApp(env, one.db)];
}

/** Many at once do what they like, on two replicas. @returns the answers that nobody would get who came alone. */
export async function oddAnswers<Target>(
  [one, two]: readonly [TestApp, TestApp],
  hands: Hands<Target>,
): Promise<string[]> {
  const { count, operations, gone, target, onAnswer } = hands;
  const operation = fc.record({
    name: fc.constantFrom(...Object.keys(operations)),
    onTwo: fc.boolean(),
    which: fc.nat(),
  });
  const all = fc.sample(operation, { numRuns: count, seed: SEED });
  const odd: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = all.pop(); next !== undefined; next = all.pop()) {
      const { name, onTwo, which } = next;
      const answer = await operations[name]!(onTwo ? two.api : one.api, target(which), which);
      const { status, body } = answer;
      if (status >= 500 || (status === 404 && !gone.includes(body.code))) odd.push(`${name}: ${status} ${body.code}`);
      odd.push(...((await onAnswer?.({ name, which, answer })) ?? []));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return odd;
}
