import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { GroupCommit } from '../../common/database/group-commit.js';
import { newId } from '../../common/ids.js';
import { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import { LocalEnds } from '../ends/local-ends.js';
import { ExecutionStarter, type StartRequest, type StartResult } from '../engine.contract.js';
import { InputInvalidError } from '../engine.errors.js';
import { Replica } from '../replica.js';
import { accept, acceptStatement, type AcceptRow } from './accept.statement.js';
import { inputFaults } from './input-schemas.js';

/** Accepts executions: checks the input, commits, then queues. */
@Injectable()
export class StarterService extends ExecutionStarter {
  /** What `startWithin` made and `dispatch` will queue. */
  private readonly priorities = new WeakMap<StartResult, number>();

  constructor(
    private readonly config: AppConfig,
    private readonly plans: WorkflowPlans,
    private readonly commit: GroupCommit,
    private readonly queue: ExecutionQueue,
    private readonly ends: LocalEnds,
    private readonly replica: Replica,
  ) {
    super();
  }

  override async start(request: StartRequest): Promise<StartResult> {
    const row = await this.toRow(request);
    if (row.awaitedBy !== null && row.executionId !== null) this.ends.expect(row.executionId);
    const result = await this.commit.submit(acceptStatement, row);
    this.enqueue(request, result);
    return result;
  }

  override async startWithin(client: PoolClient, requests: readonly StartRequest[]): Promise<StartResult[]> {
    const rows: AcceptRow[] = [];
    for (const request of requests) rows.push(await this.toRow(request));
    const results = await accept(client, rows);
    results.forEach((result, index) => this.priorities.set(result, requests[index]?.execution?.priority ?? 5));
    return results;
  }

  override dispatch(results: readonly StartResult[]): void {
    const jobs = results.flatMap((result) =>
      result.executionId === null || result.duplicate
        ? []
        : [{ executionId: result.executionId, epoch: 0, priority: this.priorities.get(result) ?? 5 }],
    );
    this.queue.add(jobs);
  }

  override async checkInput(workflowId: string, version: number, input: unknown): Promise<readonly string[]> {
    const { plan } = await this.plans.get(workflowId, version);
    return inputFaults(plan, input).map((fault) => `${fault.path}: ${fault.message}`);
  }

  private async toRow(request: StartRequest): Promise<AcceptRow> {
    const { execution } = request;
    if (execution === null) return { request, executionId: null, timeoutMs: null, awaitedBy: null };
    const { plan } = await this.plans.get(execution.workflowId, execution.version);
    const faults = inputFaults(plan, execution.input);
    if (faults.length > 0) throw new InputInvalidError(faults);
    return {
      request,
      executionId: newId(),
      timeoutMs: plan.timeoutMs ?? this.config.executionTimeoutMs,
      awaitedBy: request.awaited === true ? this.replica.id : null,
    };
  }

  private enqueue(request: StartRequest, { executionId, duplicate }: StartResult): void {
    if (executionId === null || duplicate) return;
    this.queue.add([{ executionId, epoch: 0, priority: request.execution?.priority ?? 5 }]);
  }
}
