import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { approvalId } from '../../common/links/approval-id.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { Suspensions, type Suspended, type SuspensionKind } from '../suspension/suspensions.js';
import { APPROVAL_ESCALATION_TIMER } from './approval-escalations.js';
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
    const fresh = steps.filter((step) => opened.has(approvalId(step.stepExecutionId, step.attempt)));
    await this.timers.set(client, [...fresh.flatMap(mailsOf), ...fresh.flatMap(escalationsOf)]);
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

/** One that is decided in time leaves its wake-up, which then changes nothing. */
function escalationsOf(step: Suspended) {
  const { escalate = [] } = step.request.payload as ApprovalRequest;
  return escalate.map(({ due_at }, level) => ({
    kind: APPROVAL_ESCALATION_TIMER,
    subjectId: approvalId(step.stepExecutionId, step.attempt),
    key: String(level),
    dueAt: new Date(due_at),
    payload: null,
  }));
}
