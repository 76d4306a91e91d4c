/** What a process feels of its load. */
export interface Load {
  /** How long something that comes in at a random moment waits for the event loop, on average; milliseconds. */
  readonly lagMs: number;
  /** How much of the memory that the process may use is in use; 0 to 1. */
  readonly memory: number;
}

export type SheddingReason = 'event_loop' | 'memory';

/** How much less the worker takes. */
export interface Shedding {
  /** So many times its share is halved; 0: it takes all that it may. */
  readonly level: number;
  /** Why it last took less; null at level 0. */
  readonly reason: SheddingReason | null;
  /** Looks in a row at which all was well. */
  readonly calm: number;
}

/** A sixteenth: whoever takes nothing at all would not end what fills the memory either. */
export const MOST_LEVEL = 4;
/** From an eighth on, people should know. */
const SEVERE_LEVEL = 3;
/** Takes less at the first look beyond the upper bound, and more again after so many in a row below the lower one. */
const CALM_LOOKS = 2;
const LAG_MS = { high: 100, calm: 40 };
const MEMORY = { high: 0.85, calm: 0.75 };

export const NO_SHEDDING: Shedding = { level: 0, reason: null, calm: 0 };

/** What follows from one more look. Between the bounds everything stays as it is. */
export function nextShedding(now: Shedding, load: Load): Shedding {
  const reason = reasonOf(load);
  if (reason !== null) return { level: Math.min(now.level + 1, MOST_LEVEL), reason, calm: 0 };
  const isCalm = load.lagMs < LAG_MS.calm && load.memory < MEMORY.calm;
  if (now.level === 0 || !isCalm) return now.calm === 0 ? now : { ...now, calm: 0 };
  if (now.calm + 1 < CALM_LOOKS) return { ...now, calm: now.calm + 1 };
  return now.level === 1 ? NO_SHEDDING : { ...now, level: now.level - 1, calm: 0 };
}

/** 1: all that the worker may take. */
export function shareAt({ level }: Shedding): number {
  return 1 / 2 ** level;
}

export function isSevere({ level }: Shedding): boolean {
  return level >= SEVERE_LEVEL;
}

/** Memory goes first: a process that lags comes back, one that runs out of memory does not. */
function reasonOf({ lagMs, memory }: Load): SheddingReason | null {
  if (memory >= MEMORY.high) return 'memory';
  return lagMs >= LAG_MS.high ? 'event_loop' : null;
}
