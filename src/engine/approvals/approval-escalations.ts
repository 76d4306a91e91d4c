import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { APPROVAL_MAIL_TIMER } from './approval-mails.js';
import { holdApproval, saveEscalation } from './approvals.statement.js';

export const APPROVAL_ESCALATION_TIMER = 'approval.escalation';

/** Asks more people when nothing was decided for some time. Links that are out already stay what they are. */
@Injectable()
export class ApprovalEscalations {
  constructor(private readonly timers: Timers) {
    timers.handle(APPROVAL_ESCALATION_TIMER, async (client, due, now) => {
      for (const timer of due) await this.escalate(client, timer, now);
      return undefined;
    });
  }

  /** What was decided or closed meanwhile is nobody's affair any more. */
  private async escalate(client: PoolClient, { subjectId, key }: DueTimer, now: Date): Promise<void> {
    const approval = await holdApproval(client, subjectId);
    const asked = approval?.escalations[Number(key)];
    if (approval === undefined || asked === undefined || approval.status !== 'pending' || approval.is_past) return;
    // Places in the list stand in links: who comes new comes last.
    const people = [...new Set([...approval.assignees, ...asked.to])];
    const escalations = approval.escalations.map((each) =>
      each === asked ? { ...each, escalated_at: now.toISOString() } : each,
    );
    await saveEscalation(client, approval.id, people, escalations);
    const decided = new Set(approval.decisions.map(({ by }) => by));
    const mails = asked.mail.filter((address) => !decided.has(address));
    const orders = mails.map((address) => ({
      kind: APPROVAL_MAIL_TIMER,
      subjectId: approval.id,
      // A mail of its own, also to somebody who has had one: the level makes another Message-ID of it.
      key: `${people.indexOf(address)}.${Number(key) + 1}`,
      dueAt: { afterMs: 0 },
      payload: null,
    }));
    await this.timers.set(client, orders);
  }
}
