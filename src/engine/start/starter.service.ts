import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { GroupCommit } from '../../common/database/group-commit.js';
import type { Fault } from '../../common/errors/app-error.js';
import { newId } from '../../common/ids.js';
import { ExecutionQueue, type ExecutionJob } from '../../common/queue/execution-queue.js';
import { toStored } from '../../common/tracing/trace-context.js';
import { Tracing } from '../../common/tracing/tracing.js';
import type { Plan } from '../../definition/plan.js';
import { WorkflowPlans } from '../../workflows/workflow-plans.js';
import type { ParentLink } from '../children/parent-link.js';
import { LocalEnds } from '../ends/local-ends.js';
import { Places } from '../concurrency/places.service.js';
import { placeOf, type Place } from '../concurrency/place.js';
import { Supersession } from '../concurrency/supersession.service.js';
import {
  ExecutionStarter,
  TEST_TRIGGER,
  type ExecutionRequest,
  type StartRequest,
  type StartResult,
} from '../engine.contract.js';
import { ConcurrencyLimitError, InputInvalidError } from '../engine.errors.js';
import { Replica } from '../replica.js';
import { DirectStarts } from '../run/direct-starts.js';
import { accept, acceptStatement, isPlain, type AcceptResult, type AcceptRow } from './accept.statement.js';
import { claimOf } from './direct-claim.js';
import { prepareFiles } from '../files/accepted-files.js';
import { inputFaults } from './input-schemas.js';

const NOTHING = { executionId: null, timeoutMs: null, awaitedBy: null, place: null, parent: null, traceParent: null };

interface Started {
  readonly row: AcceptRow;
  readonly result: AcceptResult;
}

/** Accepts executions: checks the input, commits, then queues; or starts them at once, where this process's worker has room. */
@Injectable()
export class StarterService extends ExecutionStarter {
  /** What `startWithin` made and `dispatch` will queue. */
  private readonly made = new WeakMap<StartResult, AcceptRow>();

  constructor(
    private readonly config: AppConfig,
    private readonly plans: WorkflowPlans,
    private readonly commit: GroupCommit,
    private readonly queue: ExecutionQueue,
    private readonly ends: LocalEnds,
    private readonly replica: Replica,
    private readonly places: Places,
    private readonly supersession: Supersession,
    private readonly direct: DirectStarts,
    private readonly tracing: Tracing,
  ) {
    super();
  }

  override async start(request: StartRequest): Promise<StartResult> {
    const row = await this.toRow(request);
    if (row.awaitedBy !== null && row.executionId !== null) this.ends.expect(row.executionId);
    const result = await this.commitOrClaim(row);
    if (result.limited === 'skipped' && request.occurrence === null) throw new ConcurrencyLimitError();
    if (result.limited === 'failed' && result.executionId !== null) this.ends.announce(result.executionId, null);
    this.queue.add(this.startable([{ row, result }]));
    return result;
  }

  private async commitOrClaim(row: AcceptRow): Promise<AcceptResult> {
    const { executionId } = row;
    const place = executionId !== null && isPlain(row) && this.direct.reserve(executionId);
    if (executionId === null || !(typeof place === 'boolean' ? place : await place)) {
      return await this.commit.submit(acceptStatement, row);
    }
    try {
      const result = await this.commit.submit(acceptStatement, { ...row, owner: this.replica.id });
      if (result.claimedAt === undefined || result.duplicate) this.direct.release(executionId);
      else {
        const claimed = result.claimedAt === null ? null : claimOf(row, result.claimedAt);
        // Its sender's answer goes first.
        setImmediate(() => this.direct.start(executionId, claimed));
      }
      return result;
    } catch (error) {
      this.direct.release(executionId);
      throw error;
    }
  }

  override async startWithin(client: PoolClient, requests: readonly StartRequest[]): Promise<StartResult[]> {
    const rows: AcceptRow[] = [];
    for (const request of requests) rows.push(await this.toRow(request));
    return await this.acceptWithin(client, rows);
  }

  /**
   * What a child execution will be: its input checked, its place found.
   * @throws InputInvalidError, WorkflowNotFoundError, VersionNotFoundError
   */
  async childRow(
    execution: ExecutionRequest,
    id: string,
    parent: ParentLink,
    traceParent: string | null,
  ): Promise<AcceptRow> {
    const row = await this.toRow({ occurrence: null, execution, key: null });
    return { ...row, executionId: id, parent, traceParent };
  }

  /** The same as `startWithin` for rows that are made already. Call `dispatch(results)` after the commit. */
  async acceptWithin(client: PoolClient, rows: readonly AcceptRow[]): Promise<StartResult[]> {
    const results = await accept(client, rows);
    rows.forEach((row, index) => this.made.set(results[index] as StartResult, row));
    return results;
  }

  override dispatch(results: readonly StartResult[]): void {
    const started = results.flatMap((result) => {
      const row = this.made.get(result);
      return row === undefined ? [] : [{ row, result }];
    });
    // Children are for all workers to share.
    const { children = [], others = [] } = Object.groupBy(started, ({ row }) =>
      row.parent === null ? 'others' : 'children',
    );
    this.queue.add(this.startable(children));
    this.direct.takeInTurn(this.startable(others));
  }

  override async checkInput(
    workflowId: string,
    version: number,
    input: unknown,
    execution?: ExecutionRequest,
  ): Promise<readonly string[]> {
    const { plan } = await this.plans.get(workflowId, version);
    const faults = inputFaults(plan, input);
    const keyFault = execution === undefined || faults.length > 0 ? null : this.keyFault(plan, execution);
    return [...faults, ...(keyFault ?? [])].map((fault) => `${fault.path}: ${fault.message}`);
  }

  private async toRow(request: StartRequest): Promise<AcceptRow> {
    const { execution } = request;
    if (execution === null) return { ...NOTHING, request };
    const { plan } = await this.plans.get(execution.workflowId, execution.version);
    const faults = inputFaults(plan, execution.input);
    if (faults.length > 0) throw new InputInvalidError(faults);
    const place = this.placeOf(plan, execution);
    const executionId = execution.id ?? newId();
    const trace = request.trace ?? this.tracing.current();
    const files = execution.files?.length ? await prepareFiles(executionId, execution.files, this.config) : undefined;
    return {
      request,
      place,
      files,
      parent: null,
      traceParent: trace === null ? null : toStored(trace),
      executionId,
      timeoutMs: plan.timeoutMs ?? this.config.executionTimeoutMs,
      awaitedBy: request.awaited === true ? this.replica.id : null,
    };
  }

  private placeOf(plan: Plan, execution: ExecutionRequest): Place | null {
    if (plan.concurrency === null || execution.triggerType === TEST_TRIGGER) return null;
    try {
      return placeOf(plan, execution, this.config.variables);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new InputInvalidError([{ path: 'concurrency.key', code: 'expression_failed', message }]);
    }
  }

  private keyFault(plan: Plan, execution: ExecutionRequest): readonly Fault[] | null {
    try {
      this.placeOf(plan, execution);
      return null;
    } catch (error) {
      if (error instanceof InputInvalidError) return error.errors;
      throw error;
    }
  }

  /** Those without a place wait for one; those with one, and those that need none, can start. */
  private startable(started: readonly Started[]): ExecutionJob[] {
    const jobs: ExecutionJob[] = [];
    const keys = new Set<string>();
    for (const { row, result } of started) {
      const { executionId, duplicate, limited, claimedAt } = result;
      if (executionId === null || duplicate || limited !== undefined || claimedAt !== undefined) continue;
      const onLimit = row.place?.onLimit ?? null;
      if (onLimit === 'cancel_running') this.takePlace(row.place as Place);
      else if (onLimit === 'queue') keys.add((row.place as Place).key);
      else jobs.push({ executionId, epoch: 0, priority: row.request.execution?.priority ?? 5 });
    }
    if (keys.size > 0) this.places.give([...keys]);
    return jobs;
  }

  private takePlace({ key }: Place): void {
    void this.supersession.makeRoom(key).then(() => this.places.give([key]));
  }
}
