import type { Fault } from './fault.js';
import { Random } from './random.js';

export interface Cycle {
  readonly number: number;
  readonly fault: Fault;
  /** How long the load runs undisturbed before it, milliseconds. */
  readonly calmMs: number;
  /** Whether who was killed comes back only when others have taken over what it ran. */
  readonly comesBackLate: boolean;
  readonly random: Random;
}

/** What follows from a seed: every fault comes up before any comes up again. */
export function schedule(seed: number, cycles: number, faults: readonly Fault[]): Cycle[] {
  const random = new Random(seed);
  const chosen: Fault[] = [];
  while (chosen.length < cycles) chosen.push(...random.shuffled(faults));
  return chosen.slice(0, cycles).map((fault, index) => ({
    number: index + 1,
    fault,
    calmMs: random.between(100, 1_500),
    comesBackLate: fault.isLong !== true && random.between(1, 8) === 1,
    random: random.fork(),
  }));
}
