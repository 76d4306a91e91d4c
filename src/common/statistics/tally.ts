import { bucketOf, type Histogram } from './histogram.js';

export type EndStatus = 'completed' | 'failed' | 'timed_out' | 'cancelled';

/** What became of some executions, added up. Tallies can be added to each other, in any order, and taken out again. */
export interface Tally {
  readonly statuses: Counts;
  /** Sum of milliseconds, and how long each took. Those that never started have no duration. */
  readonly duration_ms: number;
  readonly durations: Histogram;
  /** From queued to claimed. */
  readonly wait_ms: number;
  readonly waits: Histogram;
  /** Executions that were retried in place, and those of them that completed. */
  readonly retried: number;
  readonly retry_completed: number;
  /** By error code: failed and timed out ones. */
  readonly errors: Counts;
  /** By `type id`; where all workflows are added up, by type. */
  readonly steps: Readonly<Record<string, StepTally>>;
}

export type Counts = Readonly<Record<string, number>>;

/** Step executions that ended. */
export interface StepTally {
  readonly count: number;
  readonly failed: number;
  /** Had more than one attempt; and completed at last. */
  readonly retried: number;
  readonly retry_completed: number;
  readonly duration_ms: number;
}

export type StepTallies = Readonly<Record<string, StepTally>>;

export interface EndedExecution {
  readonly status: string;
  readonly durationMs: number;
  /** null: not known, or it was never claimed. */
  readonly waitMs: number | null;
  /** Of the execution. */
  readonly attempt: number;
  readonly errorCode: string | null;
}

/** Codes may be made by workflows; so many are kept apart, in a bucket of time. */
const MOST_CODES = 200;
const OTHER = 'other';

export const EMPTY: Tally = {
  statuses: {},
  duration_ms: 0,
  durations: {},
  wait_ms: 0,
  waits: {},
  retried: 0,
  retry_completed: 0,
  errors: {},
  steps: {},
};

export function tallyOf({ status, durationMs, waitMs, attempt, errorCode }: EndedExecution): Tally {
  const hasDuration = status !== 'cancelled' || durationMs > 0;
  const hasFailed = status === 'failed' || status === 'timed_out';
  const retried = attempt > 1 ? 1 : 0;
  return {
    statuses: { [status]: 1 },
    duration_ms: hasDuration ? durationMs : 0,
    durations: hasDuration ? { [bucketOf(durationMs)]: 1 } : {},
    wait_ms: waitMs ?? 0,
    waits: waitMs === null ? {} : { [bucketOf(waitMs)]: 1 },
    retried,
    retry_completed: status === 'completed' ? retried : 0,
    errors: hasFailed ? { [errorCode ?? OTHER]: 1 } : {},
    steps: {},
  };
}

/** Many at once: each costs what it holds, not what the sum holds by then. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const [only] = tallies;
  if (tallies.length === 1 && only !== undefined) return only;
  const sums = { duration_ms: 0, wait_ms: 0, retried: 0, retry_completed: 0 };
  const counts = (): Map<string, number> => new Map();
  const maps = { statuses: counts(), durations: counts(), waits: counts(), errors: counts() };
  const steps = new Map<string, StepTally>();
  for (const tally of tallies) {
    for (const name of SUMS) sums[name] += tally[name];
    for (const name of COUNTS) addInto(maps[name], tally[name]);
    for (const key in tally.steps) {
      const step = tally.steps[key] as StepTally;
      const before = steps.get(key);
      steps.set(key, before === undefined ? step : addStep(before, step));
    }
  }
  const read = (map: ReadonlyMap<string, number>): Counts =>
    Object.fromEntries([...map].filter(([, count]) => count !== 0));
  return {
    ...sums,
    statuses: read(maps.statuses),
    durations: read(maps.durations),
    waits: read(maps.waits),
    errors: capped(read(maps.errors)),
    steps: Object.fromEntries([...steps].filter(([, step]) => !isNoStep(step))),
  };
}

const SUMS = ['duration_ms', 'wait_ms', 'retried', 'retry_completed'] as const;
const COUNTS = ['statuses', 'durations', 'waits', 'errors'] as const;

function addInto(sum: Map<string, number>, counts: Counts): void {
  for (const key in counts) sum.set(key, (sum.get(key) ?? 0) + (counts[key] ?? 0));
}

export function add(a: Tally, b: Tally): Tally {
  return {
    statuses: addCounts(a.statuses, b.statuses),
    duration_ms: a.duration_ms + b.duration_ms,
    durations: addCounts(a.durations, b.durations),
    wait_ms: a.wait_ms + b.wait_ms,
    waits: addCounts(a.waits, b.waits),
    retried: a.retried + b.retried,
    retry_completed: a.retry_completed + b.retry_completed,
    errors: capped(addCounts(a.errors, b.errors)),
    steps: addSteps(a.steps, b.steps),
  };
}

/** What takes a tally out again when it is added. */
export function negative(tally: Tally): Tally {
  const turn = (counts: Counts): Counts => mapValues(counts, (count) => -count);
  return {
    statuses: turn(tally.statuses),
    duration_ms: -tally.duration_ms,
    durations: turn(tally.durations),
    wait_ms: -tally.wait_ms,
    waits: turn(tally.waits),
    retried: -tally.retried,
    retry_completed: -tally.retry_completed,
    errors: turn(tally.errors),
    steps: mapValues(tally.steps, (step) => scaled(step, -1)),
  };
}

/** For the sum over all workflows: steps by their type alone. */
export function byStepType(tally: Tally): Tally {
  let steps: StepTallies = {};
  for (const [key, step] of Object.entries(tally.steps)) steps = addSteps(steps, { [typeOf(key)]: step });
  return { ...tally, steps };
}

export function stepKey(type: string, id: string): string {
  return `${type} ${id}`;
}

/** The id is undefined where steps are by type. */
export function readStepKey(key: string): { type: string; id: string | undefined } {
  const [type = '', id] = key.split(' ');
  return { type, id };
}

const typeOf = (key: string): string => readStepKey(key).type;

export function addSteps(a: StepTallies, b: StepTallies): StepTallies {
  return merged(a, b, addStep, isNoStep);
}

const isNoStep = ({ count, duration_ms }: StepTally): boolean => count === 0 && duration_ms === 0;

export function addStep(a: StepTally, b: StepTally): StepTally {
  return {
    count: a.count + b.count,
    failed: a.failed + b.failed,
    retried: a.retried + b.retried,
    retry_completed: a.retry_completed + b.retry_completed,
    duration_ms: a.duration_ms + b.duration_ms,
  };
}

function scaled(step: StepTally, by: number): StepTally {
  return {
    count: step.count * by,
    failed: step.failed * by,
    retried: step.retried * by,
    retry_completed: step.retry_completed * by,
    duration_ms: step.duration_ms * by,
  };
}

function addCounts(a: Counts, b: Counts): Counts {
  return merged(
    a,
    b,
    (x, y) => x + y,
    (count) => count === 0,
  );
}

/** By maps: a key may be any text, `__proto__` too. What comes to nothing is left out. */
function merged<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  plus: (a: T, b: T) => T,
  isNothing: (value: T) => boolean,
): Readonly<Record<string, T>> {
  const sum = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const before = sum.get(key);
    const after = before === undefined ? value : plus(before, value);
    if (isNothing(after)) sum.delete(key);
    else sum.set(key, after);
  }
  return Object.fromEntries(sum);
}

function capped(counts: Counts): Counts {
  const entries = Object.entries(counts);
  if (entries.length <= MOST_CODES) return counts;
  const sorted = entries.sort(([, a], [, b]) => b - a);
  const rest = sorted.slice(MOST_CODES - 1).reduce((sum, [, count]) => sum + count, 0);
  return addCounts(Object.fromEntries(sorted.slice(0, MOST_CODES - 1)), { [OTHER]: rest });
}

function mapValues<T>(from: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}
