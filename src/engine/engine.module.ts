import { Global, Module } from '@nestjs/common';
import { NodesModule } from '../nodes/nodes.module.js';
import { WorkflowsModule } from '../workflows/workflows.module.js';
import { PlacesChore } from './concurrency/places-chore.js';
import { Places } from './concurrency/places.service.js';
import { Supersession } from './concurrency/supersession.service.js';
import { BulkService } from './control/bulk.service.js';
import { CancelService } from './control/cancel.service.js';
import { PauseService } from './control/pause.service.js';
import { RemovalService } from './control/removal.service.js';
import { RetryService } from './control/retry.service.js';
import { LocalEnds } from './ends/local-ends.js';
import { ExecutionStarter } from './engine.contract.js';
import { ExecutionBundleController } from './execution-bundle.controller.js';
import { ExecutionControlController } from './execution-control.controller.js';
import { ExecutionEnds } from './execution-ends.js';
import { ExecutionFilesController } from './execution-files.controller.js';
import { ExecutionFiles } from './files/execution-files.service.js';
import { ExecutionGraphController } from './execution-graph.controller.js';
import { ExecutionLiveController } from './execution-live.controller.js';
import { ExecutionViews } from './execution-views.js';
import { ExecutionsController } from './executions.controller.js';
import { Reaper } from './maintenance/reaper.js';
import { Reconciler } from './maintenance/reconciler.js';
import { ReplicaLease } from './maintenance/replica-lease.js';
import { Retention } from './maintenance/retention.service.js';
import { WakeUps } from './maintenance/wake-ups.js';
import { ChangesRepository } from './live/changes.repository.js';
import { ExecutionStreams } from './live/execution-streams.js';
import { LiveExecutions } from './live/live-executions.service.js';
import { Watches } from './live/watches.js';
import { OpenExecutions } from './open-executions.js';
import { Replica } from './replica.js';
import { ControlSignals } from './run/control-signals.js';
import { EngineMetrics } from './run/engine-metrics.js';
import { Journal } from './run/journal.js';
import { RunServicesFactory } from './run/run-services.factory.js';
import { RunnerHolds } from './run/runner-holds.js';
import { RunnerService } from './run/runner.service.js';
import { Slots } from './run/slots.js';
import { WorkerShare } from './run/worker-share.service.js';
import { StepAnswers } from './suspension/step-answers.service.js';
import { Suspensions } from './suspension/suspensions.js';
import { ExecuteService } from './start/execute.service.js';
import { StarterService } from './start/starter.service.js';
import { StepExecutionsController } from './step-executions.controller.js';
import { ExecutionBundle } from './views/execution-bundle.service.js';
import { ExecutionGraph } from './views/execution-graph.service.js';
import { ExecutionQueries } from './views/execution-queries.service.js';
import { OpenExecutionsRepository } from './views/open-executions.repository.js';
import { ExecutionRepository } from './views/execution.repository.js';
import { WorkflowExecutionsController } from './workflow-executions.controller.js';

/** Runs executions: accepts, plans, runs, records, recovers; and shows them. */
@Global()
@Module({
  imports: [NodesModule, WorkflowsModule],
  controllers: [
    ExecutionsController,
    ExecutionControlController,
    ExecutionGraphController,
    ExecutionLiveController,
    ExecutionBundleController,
    ExecutionFilesController,
    StepExecutionsController,
    WorkflowExecutionsController,
  ],
  providers: [
    Replica,
    RunnerHolds,
    Slots,
    WorkerShare,
    Watches,
    ChangesRepository,
    ExecutionStreams,
    LiveExecutions,
    EngineMetrics,
    Journal,
    ExecutionFiles,
    LocalEnds,
    RunServicesFactory,
    RunnerService,
    StarterService,
    ExecuteService,
    Places,
    Supersession,
    PlacesChore,
    Suspensions,
    StepAnswers,
    CancelService,
    PauseService,
    RetryService,
    RemovalService,
    BulkService,
    ControlSignals,
    Reaper,
    Retention,
    Reconciler,
    ReplicaLease,
    WakeUps,
    ExecutionRepository,
    ExecutionQueries,
    ExecutionBundle,
    ExecutionGraph,
    { provide: ExecutionStarter, useExisting: StarterService },
    { provide: ExecutionEnds, useExisting: LocalEnds },
    { provide: ExecutionViews, useExisting: ExecutionQueries },
    { provide: OpenExecutions, useClass: OpenExecutionsRepository },
  ],
  exports: [
    ExecutionFiles,
    Suspensions,
    StepAnswers,
    ExecutionStarter,
    ExecutionEnds,
    ExecutionViews,
    OpenExecutions,
    CancelService,
    RunnerHolds,
    Replica,
  ],
})
export class EngineModule {}
