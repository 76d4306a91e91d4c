import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { AfterCommit } from '../../common/database/group-commit.js';
import { Timers } from '../../common/timers/timer.contract.js';
import type { ChildAnswer, ChildRequest } from '../../nodes/node.contract.js';
import type { AcceptRow } from '../start/accept.statement.js';
import { StarterService } from '../start/starter.service.js';
import type { GivenAnswer } from '../suspension/answers.statement.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import { Suspensions, type Suspended, type SuspensionKind } from '../suspension/suspensions.js';
import type { Asking } from './asking.js';
import { CANCEL_CHILDREN } from './child-cancels.service.js';
import { ChildEnds } from './child-ends.service.js';
import { readParents, stepsLeftOpen } from './children.statements.js';
import { PassRequests } from './pass-requests.js';
import { Refused } from './refused.js';
import { SubworkflowRequests } from './subworkflow-requests.js';

/** What steps that wait for `child` ask for: starts the children with the checkpoint that records the wait. */
@Injectable()
export class Children implements SuspensionKind, OnModuleInit {
  constructor(
    private readonly suspensions: Suspensions,
    private readonly starter: StarterService,
    private readonly answers: StepAnswers,
    private readonly ends: ChildEnds,
    private readonly timers: Timers,
    private readonly subworkflows: SubworkflowRequests,
    private readonly passes: PassRequests,
  ) {}

  onModuleInit(): void {
    this.suspensions.register('child', this);
  }

  async open(client: PoolClient, steps: readonly Suspended[], afterCommit: AfterCommit): Promise<void> {
    const parents = await readParents(
      client,
      steps.map((step) => step.executionId),
    );
    for (const step of steps) {
      const parent = parents.get(step.executionId);
      if (parent !== undefined) await this.openOne(client, { step, parent }, afterCommit);
    }
  }

  /** Children of steps that wait no longer are cancelled, by whoever claims the timer. */
  async close(client: PoolClient, stepExecutionIds: readonly string[]): Promise<void> {
    const left = await stepsLeftOpen(client, stepExecutionIds);
    const due = left.map(({ id, now }) => ({
      kind: CANCEL_CHILDREN,
      subjectId: id,
      key: '',
      dueAt: now,
      payload: null,
    }));
    await this.timers.set(client, due);
  }

  private async openOne(client: PoolClient, asking: Asking, afterCommit: AfterCommit): Promise<void> {
    const request = asking.step.request.payload as ChildRequest;
    const rows =
      request.kind === 'workflow'
        ? await this.subworkflows.rowOf(asking, request)
        : await this.passes.rowsOf(client, asking, request);
    if (rows instanceof Refused) {
      await this.refuse(client, asking, rows, afterCommit);
      return;
    }
    await this.accept(client, asking, rows, afterCommit);
    const needsNone = request.kind === 'workflow' ? !request.wait : rows.length === 0;
    if (needsNone) await this.look(client, asking, rows[0]?.executionId ?? asking.step.stepExecutionId);
  }

  private async accept(
    client: PoolClient,
    asking: Asking,
    rows: readonly AcceptRow[],
    afterCommit: AfterCommit,
  ): Promise<void> {
    if (rows.length === 0) return;
    const results = await this.starter.acceptWithin(client, rows);
    afterCommit(() => this.starter.dispatch(results));
    const limited = results.find((result) => result.limited !== undefined);
    if (limited !== undefined) await this.refuse(client, asking, Refused.byConcurrency(), afterCommit);
  }

  private async look(client: PoolClient, { step, parent }: Asking, childId: string): Promise<void> {
    const { stepExecutionId, attempt } = step;
    await this.ends.lookWithin(client, [{ stepExecutionId, childId, attempt }], parent.now);
  }

  private async refuse(
    client: PoolClient,
    { step }: Asking,
    { error }: Refused,
    afterCommit: AfterCommit,
  ): Promise<void> {
    const value: ChildAnswer = { kind: 'refused', error };
    const { executionId, stepExecutionId, attempt } = step;
    const answer: GivenAnswer = { executionId, stepExecutionId, attempt, value };
    afterCommit((await this.answers.giveWithin(client, [answer])).afterCommit);
  }
}
