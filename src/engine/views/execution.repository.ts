import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';
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

export interface ExecutionFilter {
  ids?: readonly string[];
  workflowId?: string;
  /** Only of these workflows. */
  workflowIds?: readonly string[];
  status?: readonly string[];
  triggerId?: string;
  triggerType?: string;
  parentId?: string;
  from?: Date;
  to?: Date;
  q?: string;
  /** Only ids below this one: the next page. */
  before?: string;
}

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
    where.add(
      `(id::text LIKE ? || '%' OR strpos(lower(error->>'code'), ?) > 0 OR strpos(lower(error->>'message'), ?) > 0)`,
      filter.q?.toLowerCase(),
    );
    const sql = `SELECT ${EXECUTION_COLUMNS} FROM execution ${where.sql} ORDER BY id DESC LIMIT ${limit + 1}`;
    return await this.database.query<Row<ExecutionRow>>(sql, where.values);
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

  get sql(): string {
    return this.parts.length === 0 ? '' : `WHERE ${this.parts.join(' AND ')}`;
  }
}
