import { countIn, percentilesOf } from './histogram.js';
import type { ErrorCountDto, StatisticsFiguresDto, StepFiguresDto } from './statistics.dto.js';
import { readStepKey, type Tally } from './tally.js';

const SHARES = [0.5, 0.95, 0.99];
const MOST_ERRORS = 20;
const MOST_STEPS = 50;

export interface Figures {
  readonly figures: StatisticsFiguresDto;
  readonly errors: ErrorCountDto[];
  readonly steps: StepFiguresDto[];
}

/** @param open executions that have not ended. */
export function figuresOf(tally: Tally, open: number): Figures {
  const of = (status: string): number => Math.max(0, tally.statuses[status] ?? 0);
  const [completed, timed_out, cancelled] = [of('completed'), of('timed_out'), of('cancelled')];
  const failed = of('failed') + timed_out;
  const [p50_ms = null, p95_ms = null, p99_ms = null] = percentilesOf(tally.durations, SHARES);
  const [queue_wait_p50_ms = null, queue_wait_p95_ms = null, queue_wait_p99_ms = null] = percentilesOf(
    tally.waits,
    SHARES,
  );
  const figures = {
    executions: completed + failed + cancelled + open,
    open,
    completed,
    failed,
    timed_out,
    cancelled,
    success_rate: share(completed, completed + failed),
    mean_ms: share(tally.duration_ms, countIn(tally.durations)),
    p50_ms,
    p95_ms,
    p99_ms,
    queue_wait_mean_ms: share(tally.wait_ms, countIn(tally.waits)),
    queue_wait_p50_ms,
    queue_wait_p95_ms,
    queue_wait_p99_ms,
    failed_steps: sumOf(tally, 'failed'),
    retried_steps: sumOf(tally, 'retried'),
    retry_success_rate: share(sumOf(tally, 'retry_completed'), sumOf(tally, 'retried')),
    retried_executions: tally.retried,
    retried_executions_completed: tally.retry_completed,
  };
  return { figures, errors: errorsOf(tally), steps: stepsOf(tally) };
}

function sumOf({ steps }: Tally, figure: 'failed' | 'retried' | 'retry_completed'): number {
  return Object.values(steps).reduce((sum, step) => sum + step[figure], 0);
}

function errorsOf({ errors }: Tally): ErrorCountDto[] {
  return Object.entries(errors)
    .map(([code, count]) => ({ code, count }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
    .slice(0, MOST_ERRORS);
}

function stepsOf({ steps }: Tally): StepFiguresDto[] {
  return Object.entries(steps)
    .map(([key, step]) => {
      const { type, id } = readStepKey(key);
      return {
        type,
        ...(id !== undefined && { step_id: id }),
        count: step.count,
        failed: step.failed,
        retried: step.retried,
        retry_success_rate: share(step.retry_completed, step.retried),
        mean_ms: share(step.duration_ms, step.count),
      };
    })
    .sort((a, b) => b.failed - a.failed || b.count - a.count)
    .slice(0, MOST_STEPS);
}

function share(part: number, whole: number): number | null {
  return whole <= 0 ? null : part / whole;
}
