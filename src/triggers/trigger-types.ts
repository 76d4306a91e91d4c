import type { Type } from '@nestjs/common';
import type { BaseTrigger } from './trigger.contract.js';
import { ConditionTrigger } from './types/condition/condition.trigger.js';
import { CronTrigger } from './types/cron/cron.trigger.js';
import { EmailTrigger } from './types/email/email.trigger.js';
import { GitHubTrigger } from './types/github/github.trigger.js';
import { EventTrigger } from './types/event/event.trigger.js';
import { ManualTrigger } from './types/manual/manual.trigger.js';
import { WebhookTrigger } from './types/webhook/webhook.trigger.js';

/** THE LIST of trigger types: one line adds one (docs/adding-a-trigger.md). */
export const TRIGGER_TYPES: readonly Type<BaseTrigger>[] = [
  CronTrigger,
  ManualTrigger,
  WebhookTrigger,
  EmailTrigger,
  GitHubTrigger,
  EventTrigger,
  ConditionTrigger,
];
