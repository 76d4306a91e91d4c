import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { approvalId } from '../../common/links/approval-id.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { Suspensions, type Suspended, type SuspensionKind } from '../suspension/suspensions.js';
import { APPROVAL_MAIL_TIMER } from './approval-mails.js';
import type { ApprovalRequest } from './approval.row.js';
import { closeApprovals, openApprovals, peopleOf } from './approvals.statement.js';

/** Opens and closes the approvals of steps that wait for one, with the commit that says so. */
@Injectable()
export class ApprovalKind implements SuspensionKind, OnModuleInit {
  constructor(
    private readonly suspensions: Suspensions,
    private readonly timers: Timers,
  ) {}

  onModuleInit(): void {
    this.suspensions.register('approval', this);
  }

  async open(client: PoolClient, steps: readonly Suspended[]): Promise<void> {
    const opened = await openApprovals(client, steps);
    await this.timers.set(
      client,
      steps.filter((step) => opened.has(approvalId(step.stepExecutionId, step.attempt))).flatMap(mailsOf),
    );
  }

  async close(client: PoolClient, stepExecutionIds: readonly string[]): Promise<void> {
    await closeApprovals(client, stepExecutionIds);
  }
}

/** A durable wake-up for each mail: one that a mail server refuses holds up no other. */
function mailsOf(step: Suspended) {
  const request = step.request.payload as ApprovalRequest;
  const people = peopleOf(request);
  return request.notify.map((address) => ({
    kind: APPROVAL_MAIL_TIMER,
    subjectId: approvalId(step.stepExecutionId, step.attempt),
    key: String(people.indexOf(address)),
    dueAt: { afterMs: 0 },
    payload: null,
  }));
}
