import { Module } from '@nestjs/common';
import { GitHubModule } from '../common/github/github.module.js';
import { OutgoingHttpModule } from '../common/http/outgoing-http.module.js';
import { Plugins } from '../common/plugins/plugins.js';
import { SqlModule } from '../common/sql/sql.module.js';
import { EngineModule } from '../engine/engine.module.js';
import { TriggersController } from './api/triggers.controller.js';
import { WorkflowTriggersController } from './api/workflow-triggers.controller.js';
import { Backfills } from './backfill.service.js';
import { EventTriggers } from './events/event-triggers.service.js';
import { InForce } from './in-force.js';
import { IngressRoutes } from './ingress/ingress.routes.js';
import { SharedIngress } from './ingress/shared-ingress.service.js';
import { WebhookIngress } from './ingress/webhook-ingress.service.js';
import { Confirmations } from './manual/confirmations.repository.js';
import { ManualStarts } from './manual/manual.service.js';
import { MissingSecrets } from './missing-secrets.js';
import { Notifier } from './notifications/notifier.service.js';
import { OccurrenceIntake } from './occurrences/occurrence-intake.js';
import { OccurrenceSpans } from './occurrences/occurrence-spans.js';
import { OccurrenceRepository } from './occurrences/occurrence.repository.js';
import { ReplayedFiles } from './occurrences/replayed-files.js';
import { TriggerActivity } from './trigger-activity.js';
import { TriggerArming } from './trigger-arming.js';
import { TriggerChanges } from './trigger-changes.js';
import { TriggerCompiler } from './trigger-compiler.js';
import { TriggerDrafts } from './trigger-draft.js';
import { TriggerExpressions } from './trigger-expressions.js';
import { StartAnswers } from './start-answer.js';
import { TriggerFiring } from './trigger-firing.service.js';
import { TriggerManager } from './trigger-manager.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TRIGGER_TYPES } from './trigger-types.js';
import { TriggerHost, type BaseTrigger } from './trigger.contract.js';
import { TriggerRepository } from './trigger.repository.js';
import { TriggerService } from './trigger.service.js';
import { TriggersInForce } from './triggers-in-force.js';
import { TriggerTimers } from './trigger-timers.js';
import { TriggerWatch } from './trigger-watch.js';
import { WebhookRoutes } from './webhook-routes.repository.js';
import { WorkflowHolds } from './workflow-holds.js';

/** Needs database, signals, timers, metrics, health, secrets and workflows from global modules. */
@Module({
  imports: [EngineModule, GitHubModule, OutgoingHttpModule, SqlModule],
  controllers: [TriggersController, WorkflowTriggersController],
  providers: [
    ...TRIGGER_TYPES,
    {
      provide: TriggerRegistry,
      useFactory: (plugins: Plugins, host: TriggerHost, ...types: BaseTrigger[]) => {
        const further = plugins.triggerTypes as readonly (new (host: TriggerHost) => BaseTrigger)[];
        return new TriggerRegistry([...types, ...further.map((type) => new type(host))]);
      },
      inject: [Plugins, TriggerHost, ...TRIGGER_TYPES],
    },
    OccurrenceSpans,
    { provide: TriggerHost, useClass: OccurrenceIntake },
    Backfills,
    Confirmations,
    EventTriggers,
    InForce,
    IngressRoutes,
    ManualStarts,
    MissingSecrets,
    Notifier,
    OccurrenceRepository,
    ReplayedFiles,
    SharedIngress,
    StartAnswers,
    TriggerActivity,
    TriggerArming,
    TriggerChanges,
    TriggerCompiler,
    TriggerDrafts,
    TriggerExpressions,
    TriggerFiring,
    TriggerManager,
    TriggerRepository,
    TriggerService,
    TriggersInForce,
    TriggerTimers,
    TriggerWatch,
    WebhookIngress,
    WebhookRoutes,
    WorkflowHolds,
  ],
  exports: [
    InForce,
    MissingSecrets,
    Notifier,
    TriggerArming,
    TriggerDrafts,
    TriggerFiring,
    TriggerManager,
    TriggerRegistry,
    TriggerService,
  ],
})
export class TriggersModule {}
