import { Injectable } from '@nestjs/common';
import { isId } from '../../common/ids.js';
import { decodeCursor, pageOf, type Page } from '../../common/page.js';
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
import { ExecutionRepository, type ExecutionFilter } from './execution.repository.js';
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

  override async get(executionId: string): Promise<ExecutionDto & Record<string, unknown>> {
    const row = await this.find(executionId);
    const steps = await this.repository.steps(executionId, STEPS_SHOWN);
    return { ...toExecution(row), step_executions: steps.slice(0, STEPS_SHOWN).map(toStepExecution) };
  }

  /** Without its steps. */
  async summary(executionId: string): Promise<ExecutionDto> {
    return toExecution(await this.find(executionId));
  }

  async list(query: ExecutionsQuery): Promise<Page<ExecutionDto>> {
    const rows = await this.repository.list(await this.toFilter(query), query.limit);
    return pageOf(rows, query.limit, (row) => row.id, toExecution);
  }

  async steps(executionId: string, query: StepsQuery): Promise<Page<StepExecutionDto>> {
    await this.find(executionId);
    const rows = await this.repository.steps(executionId, query.limit, cursorId(query.cursor));
    return pageOf(rows, query.limit, (row) => row.id, toStepExecution);
  }

  async timeline(executionId: string): Promise<TimelineDto> {
    await this.find(executionId);
    const rows = await this.repository.steps(executionId, STEPS_SHOWN);
    return { items: rows.slice(0, STEPS_SHOWN).map(toTimelineItem) };
  }

  async logs(executionId: string, query: LogsQuery): Promise<Page<LogLineDto>> {
    await this.find(executionId);
    const level = query.level === undefined ? undefined : LOG_LEVELS[query.level];
    const filter = { step: query.step_id, level, after: cursorId(query.cursor) };
    const rows = await this.repository.logs(executionId, filter, query.limit);
    return pageOf(rows, query.limit, (row) => row.id, toLogLine);
  }

  async step(id: string): Promise<StepExecutionDto> {
    const row = isId(id) ? await this.repository.findStep(id) : undefined;
    if (row === undefined) throw new StepExecutionNotFoundError(id);
    return toStepExecution(row);
  }

  private async find(executionId: string): Promise<ExecutionRow> {
    const row = isId(executionId) ? await this.repository.find(executionId) : undefined;
    if (row === undefined) throw new ExecutionNotFoundError(executionId);
    return row;
  }

  private async toFilter(query: ExecutionsQuery): Promise<ExecutionFilter> {
    const workflow = query.workflow_id === undefined ? undefined : await this.workflows.get(query.workflow_id);
    return {
      workflowId: workflow?.id,
      status: query.status,
      triggerId: query.trigger_id,
      triggerType: query.trigger_type,
      from: toDate(query.from),
      to: toDate(query.to),
      q: query.q,
      before: cursorId(query.cursor),
    };
  }
}

const toDate = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

function cursorId(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const key = decodeCursor(cursor);
  if (typeof key === 'string' && isId(key)) return key;
  throw new AppError({
    code: 'cursor_invalid',
    status: 422,
    message: 'The cursor was not made by this list. Leave it out to start from the first page.',
    errors: [{ path: 'cursor', code: 'cursor_invalid', message: 'not a cursor of this list' }],
  });
}
