import { addStep, stepKey, type StepTallies, type StepTally } from '../../common/statistics/tally.js';
import type { StepRecord } from './step-record.js';

const COUNTED: readonly string[] = ['completed', 'failed', 'timed_out'];

/** Adds up the steps that end in one attempt of an execution; what an earlier attempt finished was counted with that one. */
export class RunTallies {
  private readonly tallies = new Map<string, StepTally>();

  /** @param since milliseconds: when this attempt of the execution has begun. */
  constructor(private readonly since: number) {}

  /** To be called once for each step execution, when it has ended. */
  count(record: StepRecord): void {
    const { status, finishedAt } = record.fields;
    if (!COUNTED.includes(status) || finishedAt === null || finishedAt < this.since) return;
    const key = stepKey(record.step.type, record.step.id);
    const before = this.tallies.get(key);
    this.tallies.set(key, before === undefined ? tallyOf(record) : addStep(before, tallyOf(record)));
  }

  get all(): StepTallies {
    return Object.fromEntries(this.tallies);
  }
}

function tallyOf({ status, fields, recentAttempts }: StepRecord): StepTally {
  const { firstStartedAt, finishedAt } = fields;
  const retried = recentAttempts.length > 0 ? 1 : 0;
  return {
    count: 1,
    failed: status === 'completed' ? 0 : 1,
    retried,
    retry_completed: status === 'completed' ? retried : 0,
    duration_ms: Math.max(0, (finishedAt ?? 0) - (firstStartedAt ?? finishedAt ?? 0)),
  };
}
