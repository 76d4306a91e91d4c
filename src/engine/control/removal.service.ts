import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { oldestChildOf } from '../children/child-ends.statements.js';
import type { ExecutionStatus } from '../engine.contract.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { isOpen } from '../planner/state-tables.js';
import { removeExecutions } from './removal.statements.js';

const HOLD = /* sql */ `SELECT status FROM execution WHERE id = $1 FOR UPDATE`;

/** The passes of its loops, and theirs: they are parts of it. Subworkflows are not. Index: execution_parent. */
const PASSES = /* sql */ `
WITH RECURSIVE part AS (
  SELECT id, is_open FROM execution WHERE parent_id = $1 AND id >= $2 AND pass IS NOT NULL
  UNION ALL
  SELECT e.id, e.is_open FROM part JOIN execution e ON e.parent_id = part.id AND e.id >= $2 AND e.pass IS NOT NULL)
SELECT id, is_open FROM part`;

/**
 * Removes executions, and the passes of their distributed loops, from the history. Counters, occurrences and their keys
 * stay: what has happened has happened.
 */
@Injectable()
export class RemovalService {
  constructor(private readonly database: Database) {}

  /** @throws ExecutionNotFoundError 404; ExecutionStateError 409 while it has not ended. */
  async remove(id: string): Promise<void> {
    await this.database.retriedTransaction(async (client) => {
      const held = (await client.query<{ status: ExecutionStatus }>(HOLD, [id])).rows[0];
      if (held === undefined) throw new ExecutionNotFoundError(id);
      if (isOpen(held.status)) throw new ExecutionStateError(id, held.status, 'deleted; cancel it first');
      await removeExecutions(client, [id, ...(await this.endedPasses(client, id))]);
    });
  }

  private async endedPasses(client: PoolClient, id: string): Promise<string[]> {
    const { rows } = await client.query<{ id: string; is_open: boolean }>(PASSES, [id, oldestChildOf(id)]);
    if (rows.some((row) => row.is_open))
      throw new ExecutionStateError(id, 'ending', 'deleted before the passes of its loops have ended');
    return rows.map((row) => row.id);
  }
}
