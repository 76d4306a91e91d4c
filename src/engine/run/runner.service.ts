import type { WorkflowStarted } from '../../common/plugins/hooks.js';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { AppError } from '../../common/errors/app-error.js';
import { GroupCommit } from '../../common/database/group-commit.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import type { Plan } from '../../definition/plan.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import { LocalEnds } from '../ends/local-ends.js';
import { PassSeats } from '../children/pass-seats.service.js';
import { Places } from '../concurrency/places.service.js';
import { LoadWatch } from '../load/load-watch.service.js';
import { Replica } from '../replica.js';
import type { CheckpointResult, Move } from './checkpoint.statement.js';
import { claimStatement, type ClaimedExecution } from './claim.statement.js';
import { ExecutionRun, type RunResult } from './execution-run.js';
import { EngineMetrics } from './engine-metrics.js';
import { toFailure } from './failure.js';
import { Journal } from './journal.js';
import { LeftOpen } from './left-open.service.js';
import { RunnerHolds } from './runner-holds.js';
import { RunServicesFactory } from './run-services.factory.js';
import { DirectStarts } from './direct-starts.js';
import { RunTrace } from './run-trace.js';
import { Slots } from './slots.js';
import type { RunServices } from './run-services.js';
import { secretsOf } from './secrets-of.js';
import { WorkerShare } from './worker-share.service.js';

/** How long executions may take to be handed back to a database that is away. */
const HAND_BACK_MS = 2_000;

/** Takes executions from the queue and holds them until they end, sleep or are taken away. */
@Injectable()
export class RunnerService implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly logger = new Logger('Runner');
  private readonly services: RunServices;
  private draining = false;
  private drained: Promise<void> = Promise.resolve();
  private readonly again = new Set<string>();

  constructor(
    private readonly config: AppConfig,
    private readonly plans: WorkflowPlans,
    private readonly commit: GroupCommit,
    private readonly queue: ExecutionQueue,
    private readonly ends: LocalEnds,
    private readonly replica: Replica,
    private readonly runs: RunnerHolds,
    private readonly slots: Slots,
    private readonly direct: DirectStarts,
    private readonly share: WorkerShare,
    private readonly load: LoadWatch,
    private readonly metrics: EngineMetrics,
    private readonly journal: Journal,
    private readonly places: Places,
    private readonly seats: PassSeats,
    private readonly leftOpen: LeftOpen,
    factory: RunServicesFactory,
  ) {
    this.services = factory.services;
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.roles.includes('worker')) return;
    await this.share.start();
    this.load.start();
    this.direct.open((id, claimed) => this.holdAgainAndAgain(id, claimed));
    await this.queue.consume(this.slots.most, (id) => this.take(id));
  }

  /** Begins with the first that end: a mail server that is slow to let go must not cost the running steps their grace. */
  onModuleDestroy(): void {
    this.drained = this.drain();
    // Reported where it is awaited.
    this.drained.catch(() => undefined);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.drained;
  }

  /** Running steps get `SHUTDOWN_GRACE`; then they are cut off, and everything held goes back to the queue. */
  private async drain(): Promise<void> {
    this.draining = true;
    this.direct.close();
    this.share.stop();
    this.load.stop();
    for (const run of this.runs.all()) run.drain();
    const grace = setTimeout(() => {
      for (const run of this.runs.all()) run.shutDown();
    }, this.config.shutdownGraceMs);
    // Nothing can be recorded: others take over what this replica held when its lease is over.
    const last = setTimeout(() => this.commit.endPatience(), this.config.shutdownGraceMs + HAND_BACK_MS);
    await this.queue.drain(this.direct.idle());
    clearTimeout(grace);
    clearTimeout(last);
  }

  /** One queue job. What the queue hands out twice is held already, or cannot be claimed. */
  private async take(executionId: string): Promise<void> {
    // Fetched while the share of this replica went to none; the reconciler queues it again for the others.
    if (this.slots.most === 0) return;
    if (this.runs.has(executionId)) {
      // Taken away from this process and queued again, before its run has noticed: look again when it has.
      this.again.add(executionId);
      return;
    }
    // One may have been fetched just when a direct start took the last room.
    while (this.slots.forQueue < this.slots.most && this.runs.count >= this.slots.most) await this.runs.release();
    if (this.draining) return;
    await this.holdAgainAndAgain(executionId, null);
  }

  /** @param accepted the claim, when it is made already; with it the execution is held even while draining: to hand it back. */
  private async holdAgainAndAgain(executionId: string, accepted: ClaimedExecution | null): Promise<void> {
    await this.holdOnce(executionId, accepted);
    while (this.again.delete(executionId) && !this.draining) await this.holdOnce(executionId, null);
  }

  private async holdOnce(executionId: string, accepted: ClaimedExecution | null): Promise<void> {
    this.runs.set(executionId, null);
    try {
      const claimed = accepted ?? (await this.commit.submit(claimStatement, { executionId, owner: this.replica.id }));
      if (claimed !== null) await this.hold(claimed);
    } catch (error) {
      this.logger.error({ message: `execution ${executionId} could not be taken`, err: error });
    } finally {
      this.runs.delete(executionId);
      this.metrics.released();
    }
  }

  private async hold(claimed: ClaimedExecution): Promise<void> {
    this.metrics.claimed(claimed);
    this.services.onChange(claimed.id);
    const { hooks } = this.services;
    if (hooks !== undefined && claimed.epoch === 1 && claimed.pass === null) hooks.onWorkflowStart(startOf(claimed));
    const began = performance.now();
    const result = await this.runToRest(claimed);
    if (result.kind === 'ended') {
      const { status, output, error } = result.end;
      const endedAt = claimed.now.getTime() + performance.now() - began;
      this.metrics.ended(claimed, status, endedAt);
      if (this.services.tracing !== undefined)
        new RunTrace(this.services.tracing, claimed).executionEnded(
          status,
          claimed.start_time.getTime(),
          endedAt,
          error?.code ?? null,
        );
      this.journal.executionEnded(claimed, result.end, endedAt - claimed.start_time.getTime());
      if (hooks !== undefined && claimed.pass === null)
        hooks.onWorkflowComplete({ ...startOf(claimed), status, errorCode: error?.code ?? null });
      this.ends.announce(claimed.id, { id: claimed.id, status, output, error });
      if (claimed.concurrency_key !== null) this.places.give([claimed.concurrency_key]);
    }
    if (result.kind === 'handed_back') {
      this.queue.add([{ executionId: claimed.id, epoch: claimed.epoch, priority: claimed.priority }]);
    }
  }

  private async runToRest(claimed: ClaimedExecution): Promise<RunResult> {
    try {
      const { plan } = await this.plans.get(claimed.workflow_id, claimed.version);
      const run = claimed.pass === null ? this.wholeRun(claimed, plan) : await this.passRun(claimed, plan);
      this.runs.set(claimed.id, run);
      if (this.draining) run.drain();
      const result = await run.run();
      this.slots.learn(run.neededSlot);
      if (!this.draining) this.queue.setConcurrency(this.slots.forQueue);
      return result;
    } catch (error) {
      this.logger.error({ message: `execution ${claimed.id} failed in the engine`, err: error });
      return isPassing(error) ? await this.giveBack(claimed) : await this.failForGood(claimed, error);
    }
  }

  private wholeRun(claimed: ClaimedExecution, plan: Plan): ExecutionRun {
    return new ExecutionRun(claimed, plan, secretsOf(plan), this.services);
  }

  private async passRun(pass: ClaimedExecution, whole: Plan): Promise<ExecutionRun> {
    const { claimed, plan, prefix, places, steps } = await this.seats.of(pass, whole);
    const run = new ExecutionRun(claimed, plan, secretsOf(whole), this.services, prefix);
    run.placeOutside(places, steps);
    return run;
  }

  /** The database was away for a moment: another hold may go better. */
  private async giveBack(claimed: ClaimedExecution): Promise<RunResult> {
    const result = await this.move(claimed, { to: 'queued' });
    return { kind: result === 'lost' ? 'lost' : 'handed_back' };
  }

  /** A fault that no attempt can mend, such as a plan that cannot be read: better failed than running for ever. */
  private async failForGood(claimed: ClaimedExecution, cause: unknown): Promise<RunResult> {
    const { code, message } = toFailure(cause);
    const error = { code, message, step_path: null };
    await this.leftOpen.close(claimed);
    const result = await this.move(claimed, { to: 'failed', outputJson: null, error });
    if (result === 'lost') return { kind: 'lost' };
    return { kind: 'ended', end: { status: 'failed', output: null, outputJson: null, error } };
  }

  private move(claimed: ClaimedExecution, move: Move): Promise<CheckpointResult> {
    const { id: executionId, workflow_id: workflowId, epoch } = claimed;
    return this.commit.submit(this.services.checkpoint, { executionId, workflowId, epoch, steps: [], logs: [], move });
  }
}

function isPassing(error: unknown): boolean {
  return isConnectionLoss(error) || (error instanceof AppError && error.retryable);
}

function startOf({
  id,
  workflow_id: workflowId,
  version,
  trigger_type: triggerType,
}: ClaimedExecution): WorkflowStarted {
  return { executionId: id, workflowId, version, triggerType };
}
