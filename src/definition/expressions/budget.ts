/**
 * The cost limit of one evaluation. CEL has no unbounded loops, but nested macros over long lists, and functions over
 * long strings inside them, multiply. Every turn of a macro costs the nodes of its body, every function and operator
 * the size of what it reads; 32 characters or one list item cost one unit, some tens of nanoseconds.
 *
 * Evaluation is synchronous, so the meter is one variable. Once it is overdrawn every loop ends at its next turn, and the
 * evaluation fails at its end whatever `||` or `exists` made of the errors in between.
 */
export const BUDGET = 1_000_000;
/** Characters in a string, and items and characters together in a result. */
export const LARGEST_VALUE = 16 * 1024 * 1024;

let remaining = BUDGET;
let turns = 0;

export class BudgetExceededError extends Error {
  constructor() {
    super(`the expression costs more than ${BUDGET} units: it loops over too much data`);
  }
}

/** Runs `work` with a full meter. @throws BudgetExceededError */
export function metered<T>(work: () => T): T {
  const outer = remaining;
  remaining = BUDGET;
  turns = 0;
  try {
    const value = work();
    if (remaining < 0) throw new BudgetExceededError();
    return value;
  } catch (error) {
    if (remaining < 0) throw new BudgetExceededError();
    throw error;
  } finally {
    remaining = outer;
  }
}

/** @throws BudgetExceededError once the meter is overdrawn. */
export function charge(units: number): void {
  remaining -= units;
  if (remaining < 0) throw new BudgetExceededError();
}

/** One turn of a macro over a list; false when the loop must end. */
export function chargeTurn(units: number): boolean {
  turns += 1;
  remaining -= units;
  return remaining >= 0;
}

/** How many turns the last evaluation took: tests prove by it that a runaway ended early. */
export function turnsOfLastEvaluation(): number {
  return turns;
}

/** What reading a value once costs a function. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length >> 5;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.length >> 5;
  return 1;
}
