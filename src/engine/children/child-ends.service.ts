import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Timers, type DueTimer, type TimerRecord } from '../../common/timers/timer.contract.js';
import type { ChildAnswer } from '../../nodes/node.contract.js';
import type { EndedRow } from '../run/ended.row.js';
import type { GivenAnswer } from '../suspension/answers.statement.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import {
  isLeftOpen,
  passResults,
  startedChildren,
  waitingParents,
  type WaitingParent,
} from './child-ends.statements.js';

/** Of the step that waits; its key is the child. */
const CHILD_ENDED = 'child.ended';

/** What a child's end tells the step that waits for it. */
interface News {
  readonly attempt: number;
  readonly failed: boolean;
  /** A `stop` step has ended it. */
  readonly stopped?: boolean;
}

/**
 * Answers steps that wait for children. The end of a child leaves a due timer in its own transaction, and touches no row
 * that others wait for; whoever claims the timer answers, for all ends that have come in until then at once.
 */
@Injectable()
export class ChildEnds implements OnModuleInit {
  constructor(
    private readonly timers: Timers,
    private readonly answers: StepAnswers,
  ) {}

  onModuleInit(): void {
    this.timers.handle(CHILD_ENDED, (client, due) => this.answer(client, due));
  }

  /** Of executions that end in this transaction. Runs no query when nobody waits for any of them. */
  async tellWithin(client: PoolClient, ended: readonly EndedRow[]): Promise<void> {
    const news = ended.flatMap(({ id, status, ended_at, parent_step_id, parent_attempt, is_detached, has_stopped }) =>
      parent_step_id === null || is_detached
        ? []
        : [toTimer(parent_step_id, id, newsOf(status, parent_attempt, has_stopped), ended_at)],
    );
    if (news.length > 0) await this.timers.set(client, news);
  }

  /** Has the step look at its children though none has ended: it need not wait for any. */
  async lookWithin(
    client: PoolClient,
    steps: readonly { readonly stepExecutionId: string; readonly childId: string; readonly attempt: number }[],
    now: Date,
  ): Promise<void> {
    const news = steps.map(({ stepExecutionId, childId, attempt }) =>
      toTimer(stepExecutionId, childId, { attempt, failed: false }, now),
    );
    if (news.length > 0) await this.timers.set(client, news);
  }

  private async answer(client: PoolClient, due: readonly DueTimer[]): Promise<() => void> {
    const parents = await waitingParents(client, [...new Set(due.map((timer) => timer.subjectId))]);
    const news = Map.groupBy(due, (timer) => timer.subjectId);
    const given: GivenAnswer[] = [];
    for (const parent of parents) {
      const fresh = (news.get(parent.id) ?? []).filter(({ payload }) => (payload as News).attempt === parent.attempt);
      const value = fresh.length === 0 ? null : await answerFor(client, parent, fresh);
      if (value === null) continue;
      given.push({ executionId: parent.execution_id, stepExecutionId: parent.id, attempt: parent.attempt, value });
    }
    return (await this.answers.giveWithin(client, given)).afterCommit;
  }
}

/** null: it has to wait on. */
async function answerFor(
  client: PoolClient,
  parent: WaitingParent,
  news: readonly DueTimer[],
): Promise<ChildAnswer | null> {
  const { wait_state: state } = parent;
  if (state.kind === 'workflow') {
    const child = await startedChildren(
      client,
      parent.id,
      news.map((timer) => timer.key),
    );
    if (child === undefined) return null;
    const { id: execution_id, status, output, error } = child;
    return { kind: 'workflow', execution_id, status, output, error };
  }
  const isEnough = ({ failed, stopped }: News): boolean => stopped === true || (failed && state.failures === 'stop');
  if (!news.some(({ payload }) => isEnough(payload as News)) && (await isLeftOpen(client, parent))) return null;
  const results = await passResults(client, parent.id);
  const stop = results.find(({ has_stopped }) => has_stopped);
  return { kind: 'passes', results: results.map(({ result }) => result), ...(stop && { stopped: stop.result.output }) };
}

function newsOf(status: string, attempt: number | null, stopped: boolean): News {
  const isStopped = stopped && status === 'completed';
  return { attempt: attempt ?? 1, failed: status !== 'completed', ...(isStopped && { stopped: true }) };
}

function toTimer(subjectId: string, childId: string, payload: News, dueAt: Date): TimerRecord {
  return { kind: CHILD_ENDED, subjectId, key: childId, dueAt, payload };
}
