import { Injectable } from '@nestjs/common';
import { scopeOwner } from '../../common/api/owner.js';
import type { Caller } from '../../common/api/requires.js';
import { isId } from '../../common/ids.js';
import { decodeIdCursor, pageOf, type Page } from '../../common/page.js';
import { ValidationFailedError } from '../../common/validation/validation-pipe.js';
import { AppError } from '../../common/errors/app-error.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { ExecutionNotFoundError, StepExecutionNotFoundError } from '../engine.errors.js';
import { ExecutionViews } from '../execution-views.js';
import { LOG_LEVELS } from '../run/logs.js';
import type {
  ExecutionDto,
  ExecutionsQuery,
  LogLineDto,
  LogsQuery,
  StepExecutionDto,
  StepsQuery,
  TimelineDto,
} from './execution.dto.js';
import type { ExecutionFilter } from './execution-filter.js';
import { ExecutionRepository } from './execution.repository.js';
import type { ExecutionRow } from './execution.row.js';
import { toExecution, toLogLine, toStepExecution, toTimelineItem } from './execution.views.js';

/** More steps than that are read page by page, from `/steps`. */
const STEPS_SHOWN = 1_000;

/** Executions as the API shows them. */
@Injectable()
export class ExecutionQueries extends ExecutionViews {
  constructor(
    private readonly repository: ExecutionRepository,
    private readonly workflows: WorkflowDirectory,
  ) {
    super();
  }

  /** @param caller when given, an execution of a workflow that it may not see does not exist for it. */
  override async get(executionId: string, caller?: Caller): Promise<ExecutionDto & Record<string, unknown>> {
    const row = await this.find(executionId, caller);
    const steps = await this.repository.steps(executionId, STEPS_SHOWN);
    return { ...toExecution(row), step_executions: steps.slice(0, STEPS_SHOWN).map(toStepExecution) };
  }

  /** With its whole output, however big: for who has waited for it. */
  override async finished(executionId: string): Promise<ExecutionDto & Record<string, unknown>> {
    const execution = await this.get(executionId);
    return execution.large_output === null
      ? execution
      : { ...execution, output: await this.output(executionId), large_output: null };
  }

  override async status(executionId: string): Promise<string | null> {
    return (await this.repository.find(executionId))?.status ?? null;
  }

  /** The whole output. */
  async output(executionId: string, caller?: Caller): Promise<unknown> {
    return (await this.repository.whole(await this.find(executionId, caller))).output;
  }

  /** Without its steps. */
  async summary(executionId: string, caller?: Caller): Promise<ExecutionDto> {
    return toExecution(await this.find(executionId, caller));
  }

  async list(query: ExecutionsQuery & { ids?: string[] }, caller: Caller): Promise<Page<ExecutionDto>> {
    const rows = await this.repository.list(await this.toFilter(query, caller), query.limit);
    return pageOf(rows, query.limit, (row) => row.id, toExecution);
  }

  async steps(executionId: string, query: StepsQuery, caller: Caller): Promise<Page<StepExecutionDto>> {
    await this.find(executionId, caller);
    const rows = await this.repository.steps(executionId, query.limit, decodeIdCursor(query.cursor));
    return pageOf(rows, query.limit, (row) => row.id, toStepExecution);
  }

  async timeline(executionId: string, caller: Caller): Promise<TimelineDto> {
    await this.find(executionId, caller);
    const rows = await this.repository.steps(executionId, STEPS_SHOWN);
    return { items: rows.slice(0, STEPS_SHOWN).map(toTimelineItem) };
  }

  async logs(executionId: string, query: LogsQuery, caller: Caller): Promise<Page<LogLineDto>> {
    await this.find(executionId, caller);
    const level = query.level === undefined ? undefined : LOG_LEVELS[query.level];
    const filter = { step: query.step_id, level, after: decodeIdCursor(query.cursor) ?? undefined };
    const rows = await this.repository.logs(executionId, filter, query.limit);
    return pageOf(rows, query.limit, (row) => row.id, toLogLine);
  }

  async step(id: string, caller: Caller): Promise<StepExecutionDto> {
    const row = isId(id) ? await this.repository.findStep(id) : undefined;
    if (row === undefined) throw new StepExecutionNotFoundError(id);
    await this.find(row.execution_id, caller);
    return toStepExecution(await this.repository.whole(row));
  }

  private async find(executionId: string, caller?: Caller): Promise<ExecutionRow> {
    const row = isId(executionId) ? await this.repository.find(executionId) : undefined;
    if (row === undefined || !(await this.maySee(row, caller))) throw new ExecutionNotFoundError(executionId);
    return row;
  }

  private async maySee(row: ExecutionRow, caller: Caller | undefined): Promise<boolean> {
    if (caller === undefined || scopeOwner(caller) === null) return true;
    return await this.workflows.get(row.workflow_id, caller).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AppError && error.status === 404) return false;
        throw error;
      },
    );
  }

  private async toFilter(query: ExecutionsQuery & { ids?: string[] }, caller: Caller): Promise<ExecutionFilter> {
    refuseNulls(query);
    const { workflow_id } = query;
    const workflow = workflow_id === undefined ? undefined : await this.workflows.get(workflow_id, caller);
    const owner = scopeOwner(caller);
    return {
      ids: query.ids,
      workflowId: workflow?.id,
      workflowIds: owner === null ? undefined : await this.workflows.idsOf(owner),
      status: query.status,
      triggerId: query.trigger_id,
      triggerType: query.trigger_type,
      parentId: query.parent_id,
      from: toDate(query.from),
      to: toDate(query.to),
      q: query.q,
      before: decodeIdCursor(query.cursor) ?? undefined,
    };
  }
}

const toDate = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

/** A filter of a body that says null is a slip, and must not widen what is cancelled. */
function refuseNulls(query: object): void {
  const errors = Object.entries(query)
    .filter(([, value]) => value === null)
    .map(([path]) => ({ path, code: 'is_null', message: `${path} is null; leave it out` }));
  if (errors.length > 0) throw new ValidationFailedError(errors);
}
