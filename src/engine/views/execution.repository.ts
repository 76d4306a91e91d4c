import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds, idsBeginningWith, idTime } from '../../common/ids.js';
import type { ExecutionFilter } from './execution-filter.js';
import { windowsOf, type IdWindow } from './list-windows.js';
import { withLargeOutputs } from '../outputs/large-outputs.js';
import {
  EXECUTION_COLUMNS,
  STEP_COLUMNS,
  type ExecutionRow,
  type LogLineRow,
  type StepExecutionRow,
} from './execution.row.js';

/** The `trigger_type` of a distributed loop's passes. */
export const PASS_TRIGGER = 'loop';

const OPEN_STATUSES = ['queued', 'running', 'waiting', 'paused'];
const FAILED_STATUSES = ['failed', 'timed_out'];
/** Whose executions have an error: each statement that sets one of them sets it. */
const WITH_ERROR = [...FAILED_STATUSES, 'cancelled'];

export interface LogFilter {
  step?: string;
  level?: number;
  after?: string;
}

type Row<T> = T & Record<string, unknown>;

/** Reads of the history. Bounds on the id leave one partition where an execution is known, and prune the rest by time. */
@Injectable()
export class ExecutionRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<ExecutionRow | undefined> {
    const [row] = await this.database.query<Row<ExecutionRow>>(
      `SELECT ${EXECUTION_COLUMNS} FROM execution WHERE id = $1`,
      [id],
    );
    return row;
  }

  /** Newest first, one more than `limit`. */
  async list(filter: ExecutionFilter, limit: number): Promise<ExecutionRow[]> {
    const workflow = filter.triggerId === undefined ? undefined : await this.workflowOf(filter.triggerId);
    const found: ExecutionRow[] = [];
    for (const window of windowsOf(filter, Date.now())) {
      found.push(...(await this.listWithin(window, filter, workflow, limit + 1 - found.length)));
      if (found.length > limit) break;
    }
    return found;
  }

  private async listWithin(
    window: IdWindow,
    filter: ExecutionFilter,
    workflow: string | undefined,
    limit: number,
  ): Promise<ExecutionRow[]> {
    const where = this.conditions(filter);
    where.add('workflow_id = ?', workflow);
    where.add('id >= ?', window.from);
    where.add('id < ?', window.below);
    const newest = `ORDER BY id DESC LIMIT ${limit}`;
    const select = `SELECT ${EXECUTION_COLUMNS} FROM execution`;
    const parts = searchParts(where, filter.q).map((part) => `${select} ${part} ${newest}`);
    const [only = ''] = parts;
    const sql = parts.length === 1 ? only : `(${parts.join(') UNION ALL (')}) ${newest}`;
    return await this.database.query<Row<ExecutionRow>>(sql, where.values);
  }

  /** It leads to an index; a trigger that was deleted leaves its executions to be looked through. */
  private async workflowOf(triggerId: string): Promise<string | undefined> {
    const rows = await this.database.query<{ workflow_id: string }>('SELECT workflow_id FROM trigger WHERE id = $1', [
      triggerId,
    ]);
    return rows[0]?.workflow_id;
  }

  private conditions(filter: ExecutionFilter): Conditions {
    const where = new Conditions();
    where.add('id = ANY(?::uuid[])', filter.ids);
    where.add('workflow_id = ?', filter.workflowId);
    where.add('workflow_id = ANY(?::uuid[])', filter.workflowIds);
    where.add('status = ANY(?::text[])', filter.status);
    where.add('trigger_id = ?', filter.triggerId);
    where.add('trigger_type = ?', filter.triggerType);
    where.add('parent_id = ?', filter.parentId);
    // Passes are parts of an execution: they are shown when they are asked for.
    if (isGeneral(filter)) where.always('pass IS NULL');
    where.add('id >= ?', filter.from && idBounds(filter.from.getTime()).lowest);
    where.add('id < ?', filter.to && idBounds(filter.to.getTime()).lowest);
    where.add('id < ?', filter.before);
    // Spelled out, these lead to the partial indexes.
    if (isAmong(OPEN_STATUSES, filter.status)) where.always('is_open');
    else if (isAmong(FAILED_STATUSES, filter.status)) where.always('is_failed');
    else if (isAmong(WITH_ERROR, filter.status)) where.always('error IS NOT NULL');
    return where;
  }

  /** In the order in which they were reached, one more than `limit`. */
  async steps(executionId: string, limit: number, after: string | null = null): Promise<StepExecutionRow[]> {
    const { lowest, highest } = idBounds(idTime(executionId));
    return await this.database.query<Row<StepExecutionRow>>(
      `SELECT ${STEP_COLUMNS} FROM step_execution
       WHERE execution_id = $1 AND id > $2 AND id <= $3 ORDER BY id LIMIT $4`,
      [executionId, after ?? lowest, highest, limit + 1],
    );
  }

  async findStep(id: string): Promise<StepExecutionRow | undefined> {
    const [row] = await this.database.query<Row<StepExecutionRow>>(
      `SELECT ${STEP_COLUMNS} FROM step_execution WHERE id = $1`,
      [id],
    );
    return row;
  }

  /** With the output that lies beside the row. */
  async whole<R extends ExecutionRow | StepExecutionRow>(row: R): Promise<R> {
    return (await withLargeOutputs(this.database, [row]))[0] ?? row;
  }

  /** Oldest first, one more than `limit`. */
  async logs(executionId: string, filter: LogFilter, limit: number): Promise<LogLineRow[]> {
    const { lowest, highest } = idBounds(idTime(executionId));
    const where = new Conditions();
    where.add('execution_id = ?', executionId);
    where.add('id > ?', filter.after ?? lowest);
    where.add('id <= ?', highest);
    where.add(`(step_path = ? OR step_path LIKE '%.' || ?)`, filter.step);
    where.add('level >= ?', filter.level);
    const sql = `SELECT id, logged_at, level, step_path, attempt, message, data FROM execution_log ${where.sql}
      ORDER BY id LIMIT ${limit + 1}`;
    return await this.database.query<Row<LogLineRow>>(sql, where.values);
  }
}

function isGeneral({ ids, parentId, triggerType }: ExecutionFilter): boolean {
  return ids === undefined && parentId === undefined && triggerType !== PASS_TRIGGER;
}

function isAmong(statuses: readonly string[], wanted: readonly string[] | undefined): boolean {
  return wanted !== undefined && wanted.every((status) => statuses.includes(status));
}

/** A search is for the beginning of an id or for words of the error: one part each, so that each has its index. */
function searchParts(where: Conditions, q: string | undefined): string[] {
  if (q === undefined) return [where.sql];
  const text = q.toLowerCase();
  const ids = idsBeginningWith(text);
  const bounds = ids === null ? [] : [where.value(ids.lowest), where.value(ids.highest)];
  const pattern = where.value(`%${text.replace(/[\\%_]/g, '\\$&')}%`);
  // Index: execution_error_words for what is rare, execution_error, newest first, for what is frequent.
  const byError = `error IS NOT NULL AND execution_error_words(error) LIKE ${pattern}`;
  if (ids === null) return [where.and(byError)];
  const byId = `id BETWEEN ${bounds.join(' AND ')}`;
  return [where.and(byId), where.and(`${byError} AND NOT (${byId})`)];
}

/** Collects the conditions of a list whose values are given. */
class Conditions {
  readonly values: unknown[] = [];
  private readonly parts: string[] = [];

  /** `?` stands for the value, as often as it is needed. */
  add(condition: string, value: unknown): void {
    if (value === undefined) return;
    this.values.push(value);
    this.parts.push(condition.replaceAll('?', `$${this.values.length}`));
  }

  always(condition: string): void {
    this.parts.push(condition);
  }

  /** @returns the parameter that stands for a value */
  value(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  get sql(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }

  /** These conditions and a further one. */
  and(condition: string): string {
    return `WHERE ${[...this.parts, condition].join(' AND ')}`;
  }
}
