import { Global, Module } from '@nestjs/common';
import { MemoryModule } from '../common/memory/memory.module.js';
import { NodesModule } from '../nodes/nodes.module.js';
import { WorkflowsModule } from '../workflows/workflows.module.js';
import { AgentRuns } from './agents/agent-runs.service.js';
import { ChildCancels } from './children/child-cancels.service.js';
import { ChildEnds } from './children/child-ends.service.js';
import { Children } from './children/children.service.js';
import { PassRequests } from './children/pass-requests.js';
import { PassSeats } from './children/pass-seats.service.js';
import { SubworkflowRequests } from './children/subworkflow-requests.js';
import { PlacesChore } from './concurrency/places-chore.js';
import { Places } from './concurrency/places.service.js';
import { Supersession } from './concurrency/supersession.service.js';
import { BulkService } from './control/bulk.service.js';
import { CancelRequests } from './control/cancel-requests.service.js';
import { CancelService } from './control/cancel.service.js';
import { EngineCancels } from './control/execution-cancels.service.js';
import { PauseService } from './control/pause.service.js';
import { RemovalService } from './control/removal.service.js';
import { RetryService } from './control/retry.service.js';
import { LocalEnds } from './ends/local-ends.js';
import { ApprovalEscalations } from './approvals/approval-escalations.js';
import { ApprovalKind } from './approvals/approval-kind.js';
import { ApprovalLinks } from './approvals/approval-links.js';
import { ApprovalMails } from './approvals/approval-mails.js';
import { ApprovalQueries } from './approvals/approval-queries.service.js';
import { ApprovalRepository } from './approvals/approval.repository.js';
import { Approvals } from './approvals/approvals.service.js';
import { PublicApprovals } from './approvals/public-approvals.service.js';
import { ApprovalsController } from './approvals.controller.js';
import { PublicApprovalsController } from './public-approvals.controller.js';
import { CallbacksController } from './callbacks.controller.js';
import { Callbacks } from './events/callbacks.service.js';
import { EventDelivery } from './events/event-delivery.js';
import { EventListeners } from './events/event-listeners.js';
import { EventQueries } from './events/event-queries.service.js';
import { EventWaits } from './events/event-waits.js';
import { Events } from './events/events.service.js';
import { OwnEvents } from './events/own-events.js';
import { EventsController } from './events.controller.js';
import { ExecutionStarter } from './engine.contract.js';
import { ExecutionBundleController } from './execution-bundle.controller.js';
import { ExecutionControlController } from './execution-control.controller.js';
import { ExecutionCancels } from './execution-cancels.js';
import { ExecutionEnds } from './execution-ends.js';
import { ExecutionFilesController } from './execution-files.controller.js';
import { ExecutionFiles } from './files/execution-files.service.js';
import { ExecutionGraphController } from './execution-graph.controller.js';
import { ExecutionLiveController } from './execution-live.controller.js';
import { ExecutionViews } from './execution-views.js';
import { ExecutionsController } from './executions.controller.js';
import { OrphanedMemory } from './maintenance/orphaned-memory.js';
import { Reaper } from './maintenance/reaper.js';
import { Reconciler } from './maintenance/reconciler.js';
import { ReplicaLease } from './maintenance/replica-lease.js';
import { Retention } from './maintenance/retention.service.js';
import { WakeUps } from './maintenance/wake-ups.js';
import { ChangesRepository } from './live/changes.repository.js';
import { ExecutionStreams } from './live/execution-streams.js';
import { StepJournals } from './journal/step-journals.js';
import { LiveTokens } from './live/live-tokens.js';
import { LiveExecutions } from './live/live-executions.service.js';
import { Watches } from './live/watches.js';
import { LoadWatch } from './load/load-watch.service.js';
import { WorkerLoad } from './load/worker-load.js';
import { OpenExecutions } from './open-executions.js';
import { Replica } from './replica.js';
import { ControlSignals } from './run/control-signals.js';
import { DirectStarts } from './run/direct-starts.js';
import { EngineMetrics } from './run/engine-metrics.js';
import { Journal } from './run/journal.js';
import { LeftOpen } from './run/left-open.service.js';
import { RunServicesFactory } from './run/run-services.factory.js';
import { RunnerHolds } from './run/runner-holds.js';
import { RunnerService } from './run/runner.service.js';
import { Slots } from './run/slots.js';
import { WorkerShare } from './run/worker-share.service.js';
import { StepAnswers } from './suspension/step-answers.service.js';
import { Suspensions } from './suspension/suspensions.js';
import { ExecuteService } from './start/execute.service.js';
import { TestRunService } from './start/test-run.service.js';
import { StarterService } from './start/starter.service.js';
import { StepExecutionsController } from './step-executions.controller.js';
import { EngineFigures } from './views/engine-figures.js';
import { ExecutionBundle } from './views/execution-bundle.service.js';
import { ExecutionGraph } from './views/execution-graph.service.js';
import { ExecutionQueries } from './views/execution-queries.service.js';
import { OpenExecutionsRepository } from './views/open-executions.repository.js';
import { ExecutionRepository } from './views/execution.repository.js';
import { WorkflowExecutionsController } from './workflow-executions.controller.js';

/** Runs executions: accepts, plans, runs, records, recovers; and shows them. */
@Global()
@Module({
  imports: [MemoryModule, NodesModule, WorkflowsModule],
  controllers: [
    ExecutionsController,
    ExecutionControlController,
    ExecutionGraphController,
    ExecutionLiveController,
    ExecutionBundleController,
    ExecutionFilesController,
    StepExecutionsController,
    WorkflowExecutionsController,
    ApprovalsController,
    PublicApprovalsController,
    EventsController,
    CallbacksController,
  ],
  providers: [
    Replica,
    RunnerHolds,
    Slots,
    WorkerLoad,
    LoadWatch,
    WorkerShare,
    Watches,
    LiveTokens,
    StepJournals,
    ChangesRepository,
    ExecutionStreams,
    LiveExecutions,
    EngineMetrics,
    Journal,
    ExecutionFiles,
    LocalEnds,
    RunServicesFactory,
    LeftOpen,
    DirectStarts,
    RunnerService,
    StarterService,
    ExecuteService,
    AgentRuns,
    TestRunService,
    Places,
    Supersession,
    PlacesChore,
    Suspensions,
    StepAnswers,
    Children,
    ChildEnds,
    ChildCancels,
    SubworkflowRequests,
    PassRequests,
    PassSeats,
    ApprovalEscalations,
    ApprovalKind,
    ApprovalLinks,
    ApprovalMails,
    ApprovalQueries,
    ApprovalRepository,
    Approvals,
    PublicApprovals,
    Callbacks,
    EventDelivery,
    EventListeners,
    EventQueries,
    EventWaits,
    Events,
    OwnEvents,
    CancelRequests,
    CancelService,
    PauseService,
    RetryService,
    RemovalService,
    BulkService,
    ControlSignals,
    Reaper,
    Retention,
    OrphanedMemory,
    Reconciler,
    ReplicaLease,
    WakeUps,
    ExecutionRepository,
    ExecutionQueries,
    ExecutionBundle,
    ExecutionGraph,
    EngineFigures,
    { provide: ExecutionStarter, useExisting: StarterService },
    { provide: ExecutionEnds, useExisting: LocalEnds },
    { provide: ExecutionViews, useExisting: ExecutionQueries },
    { provide: OpenExecutions, useClass: OpenExecutionsRepository },
    { provide: ExecutionCancels, useClass: EngineCancels },
  ],
  exports: [
    EngineFigures,
    ExecutionFiles,
    EventListeners,
    Events,
    Suspensions,
    StepAnswers,
    ExecutionStarter,
    ExecutionEnds,
    ExecutionViews,
    OpenExecutions,
    ExecutionCancels,
    CancelService,
    CancelRequests,
    ExecuteService,
    AgentRuns,
    ExecutionQueries,
    ExecutionStreams,
    LiveExecutions,
    RunnerHolds,
    Replica,
  ],
})
export class EngineModule {}
