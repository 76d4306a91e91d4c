import { Injectable } from '@nestjs/common';
import { Clock } from '../../common/clock.js';
import { AppConfig } from '../../common/config/app-config.js';
import { Connections } from '../../common/connections/connections.js';
import { GroupCommit } from '../../common/database/group-commit.js';
import { Redactor } from '../../common/logging/redactor.js';
import { Plugins } from '../../common/plugins/plugins.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { Tracing } from '../../common/tracing/tracing.js';
import { NodeRegistry } from '../../nodes/node-registry.js';
import { ChildEnds } from '../children/child-ends.service.js';
import { LocalEnds } from '../ends/local-ends.js';
import { ExecutionFiles } from '../files/execution-files.service.js';
import { OwnEvents } from '../events/own-events.js';
import { StepJournals } from '../journal/step-journals.js';
import { LiveTokens } from '../live/live-tokens.js';
import { Watches } from '../live/watches.js';
import { Replica } from '../replica.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import { Suspensions } from '../suspension/suspensions.js';
import { checkpointStatement } from './checkpoint.statement.js';
import { EngineMetrics } from './engine-metrics.js';
import { Journal } from './journal.js';
import { Slots } from './slots.js';
import { SecretValues, type RunServices } from './run-services.js';

/** Puts together, once a process, what every run shares. */
@Injectable()
export class RunServicesFactory {
  readonly services: RunServices;

  constructor(
    config: AppConfig,
    clock: Clock,
    commit: GroupCommit,
    timers: Timers,
    types: NodeRegistry,
    secrets: SecretValues,
    connections: Connections,
    redaction: Redactor,
    ends: LocalEnds,
    replica: Replica,
    metrics: EngineMetrics,
    slots: Slots,
    journal: Journal,
    watches: Watches,
    suspensions: Suspensions,
    childEnds: ChildEnds,
    answers: StepAnswers,
    files: ExecutionFiles,
    events: OwnEvents,
    { hooks }: Plugins,
    tracing: Tracing,
    tokens: LiveTokens,
    journals: StepJournals,
  ) {
    this.services = {
      types,
      secrets,
      connections,
      redaction,
      commit,
      clock,
      slots,
      files,
      journalOf: (owned) => journals.of(owned),
      checkpoint: checkpointStatement(
        timers,
        replica.slot,
        async (client, ended) => {
          await ends.signalWithin(client, ended);
          await childEnds.tellWithin(client, ended);
          await events.ended(client, ended);
        },
        suspensions,
        (client, rows, responses, afterCommit) => ends.respondWithin(client, rows, responses, afterCommit),
      ),
      answersOf: (steps) => answers.of(steps),
      closeAnswers: (owned, steps) => answers.close(owned, steps),
      env: config.variables,
      onStepEnd: (step) => {
        if (!step.isTest) metrics.stepEnded(step.type, step.status, step.durationMs);
        journal.stepEnded(step);
        hooks?.onStepComplete(step);
      },
      hooks: hooks ?? undefined,
      tracing: tracing.isOn ? tracing : undefined,
      onRetry: (type) => metrics.retried(type),
      onText: (piece) => tokens.tell(piece),
      onChange: (executionId) => watches.changed(executionId),
    };
  }
}
