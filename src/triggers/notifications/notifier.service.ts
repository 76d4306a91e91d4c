import { Injectable } from '@nestjs/common';
import { createTransport, type Transporter } from 'nodemailer';
import { AppConfig } from '../../common/config/app-config.js';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { OccurrenceRepository } from '../occurrences/occurrence.repository.js';
import { TriggerRepository } from '../trigger.repository.js';
import { NOTIFICATION_TIMER, notificationOf } from './notification.js';

/** Mails what `notify` held back. The wake-up is durable: a mail server that is away gets it later. */
@Injectable()
export class Notifier {
  private transport: Transporter | null = null;

  constructor(
    private readonly settings: AppConfig,
    private readonly occurrences: OccurrenceRepository,
    private readonly triggers: TriggerRepository,
    private readonly workflows: WorkflowDirectory,
    timers: Timers,
  ) {
    timers.handleApart(NOTIFICATION_TIMER, async (_client, due) => {
      await this.sendAll(due);
      return undefined;
    });
  }

  /** What keeps a deployment from notifying; null: nothing. */
  fault(): string | null {
    if (this.settings.notifyEmail.length === 0) return 'NOTIFY_EMAIL is not set';
    return this.settings.smtpUrl === null ? 'SMTP_URL is not set' : null;
  }

  private async sendAll(due: readonly DueTimer[]): Promise<void> {
    for (const timer of due) await this.send(timer.subjectId);
  }

  private async send(occurrenceId: string): Promise<void> {
    const occurrence = await this.occurrences.find(occurrenceId);
    if (occurrence === undefined) return;
    const trigger = await this.triggers.find(occurrence.trigger_id);
    const workflow = await this.workflows.get(occurrence.workflow_id);
    const mail = notificationOf(occurrence, workflow.name, trigger?.name ?? occurrence.trigger_id);
    await this.mailer().sendMail({
      from: this.settings.mailFrom ?? `millrace@localhost`,
      to: [...this.settings.notifyEmail],
      messageId: `<${occurrence.id}@millrace>`,
      ...mail,
    });
  }

  private mailer(): Transporter {
    this.transport ??= createTransport(this.settings.smtpUrl ?? '');
    return this.transport;
  }
}
