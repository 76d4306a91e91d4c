import { Injectable } from '@nestjs/common';
import { Mailer } from '../../common/mail/mailer.js';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { ApprovalLinks, type Links } from './approval-links.js';
import { ApprovalRepository } from './approval.repository.js';
import type { ApprovalRow } from './approval.row.js';

export const APPROVAL_MAIL_TIMER = 'approval.mail';

/** Mails people their links. The wake-up is durable: a mail server that is away gets it later, a crash loses nothing. */
@Injectable()
export class ApprovalMails {
  constructor(
    private readonly approvals: ApprovalRepository,
    private readonly links: ApprovalLinks,
    private readonly mailer: Mailer,
    timers: Timers,
  ) {
    timers.handleApart(APPROVAL_MAIL_TIMER, async (_client, due) => {
      for (const timer of due) await this.send(timer);
      return undefined;
    });
  }

  /** What was decided or closed meanwhile is not worth a mail. */
  private async send({ subjectId, key }: DueTimer): Promise<void> {
    const approval = await this.approvals.find(subjectId);
    // `<place>`, or `<place>.<level>` of an escalation.
    const place = Number.parseInt(key, 10);
    const address = approval?.assignees[place];
    if (approval === undefined || address === undefined || approval.status !== 'pending') return;
    const links = this.links.of(approval.id, place);
    const id = `approval-${approval.id}-${key}`;
    await this.mailer.send({
      to: [address],
      id,
      subject: `[Millrace] ${approval.title}`,
      text: textOf(approval, links),
    });
  }
}

function textOf({ title, message, form, expires_at, execution_id, step_path }: ApprovalRow, links: Links): string {
  const decide =
    form === null
      ? [`Approve: ${links.approve}`, `Reject:  ${links.reject}`]
      : [`Fill in the form and decide: ${links.form}`, `Reject: ${links.reject}`];
  return [
    title,
    '',
    ...(message === '' ? [] : [message, '']),
    ...decide,
    '',
    ...(expires_at === null ? [] : [`Until: ${expires_at.toISOString()}`]),
    `Execution ${execution_id}, step ${step_path}.`,
    'The links are for you alone and work once. Opening them decides nothing yet.',
  ].join('\n');
}
