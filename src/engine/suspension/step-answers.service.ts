import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { Signals } from '../../common/signals/signals.contract.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { WAKE_TIMER } from '../run/checkpoint.statement.js';
import type { StepAnswer } from '../run/step-record.js';
import { answersOf, closeAnswers, giveAnswers, wakeAnswered, type GivenAnswer } from './answers.statement.js';

export const ANSWER_TOPIC = 'execution.answer';

/** Answers steps that wait: the decision of a person, an event, the end of a child execution. */
@Injectable()
export class StepAnswers {
  constructor(
    private readonly database: Database,
    private readonly signals: Signals,
    private readonly timers: Timers,
    private readonly queue: ExecutionQueue,
  ) {}

  /**
   * Answers within the caller's transaction, and wakes the executions. Of several answers to one step the first counts; a
   * step that does not wait any more takes none.
   * @returns ids of the step executions that took theirs; and what to do after the commit (left out, the reconciler
   *   does it).
   */
  async giveWithin(
    client: PoolClient,
    answers: readonly GivenAnswer[],
  ): Promise<{ readonly taken: ReadonlySet<string>; readonly afterCommit: () => void }> {
    const taken = await giveAnswers(client, answers);
    const ids = new Set(
      answers.flatMap(({ stepExecutionId, executionId }) => (taken.has(stepExecutionId) ? [executionId] : [])),
    );
    if (ids.size === 0) return { taken, afterCommit: () => undefined };
    const woken = await wakeAnswered(client, [...ids]);
    for (const { id, status } of woken)
      if (status === 'running') await this.signals.publishWithin(client, ANSWER_TOPIC, id);
    const queued = woken.filter(({ status }) => status === 'queued');
    await this.timers.drop(
      client,
      WAKE_TIMER,
      queued.map(({ id }) => id),
    );
    const jobs = queued.map(({ id, epoch, priority }) => ({ executionId: id, epoch, priority }));
    return { taken, afterCommit: () => this.queue.add(jobs) };
  }

  /**
   * The time of these steps is up: no answer counts from here on. @returns those that came before, by step execution.
   */
  async close(
    owned: { readonly executionId: string; readonly epoch: number },
    steps: readonly { readonly id: string; readonly attempt: number }[],
  ): Promise<ReadonlyMap<string, StepAnswer>> {
    return await this.database.transaction(async (client) => {
      await closeAnswers(client, owned, steps);
      return await answersOf(client, steps);
    });
  }

  async of(
    steps: readonly { readonly id: string; readonly attempt: number }[],
  ): Promise<ReadonlyMap<string, StepAnswer>> {
    return await this.database.transaction((client) => answersOf(client, steps));
  }
}
