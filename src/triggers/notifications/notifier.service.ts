import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import { Mailer } from '../../common/mail/mailer.js';
import { Timers, type DueTimer } from '../../common/timers/timer.contract.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { OccurrenceRepository } from '../occurrences/occurrence.repository.js';
import { TriggerRepository } from '../trigger.repository.js';
import { NOTIFICATION_TIMER, notificationOf } from './notification.js';

/** Mails what `notify` held back. The wake-up is durable: a mail server that is away gets it later. */
@Injectable()
export class Notifier {
  constructor(
    private readonly settings: AppConfig,
    private readonly occurrences: OccurrenceRepository,
    private readonly triggers: TriggerRepository,
    private readonly workflows: WorkflowDirectory,
    private readonly mailer: Mailer,
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
    return this.mailer.isSetUp ? null : 'SMTP_URL is not set';
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
    await this.mailer.send({ to: this.settings.notifyEmail, id: occurrence.id, ...mail });
  }
}
