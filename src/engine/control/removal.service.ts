import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';
import type { ExecutionStatus } from '../engine.contract.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { isOpen } from '../planner/state-tables.js';

const HOLD = /* sql */ `SELECT status FROM execution WHERE id = $1 FOR UPDATE`;
const REMOVE = /* sql */ `DELETE FROM execution WHERE id = $1`;

/** Indexes: step_execution_execution, execution_log_execution; the bounds leave one partition. */
const REMOVE_STEPS = /* sql */ `DELETE FROM step_execution WHERE execution_id = $1 AND id BETWEEN $2 AND $3`;
const REMOVE_LOGS = /* sql */ `DELETE FROM execution_log WHERE execution_id = $1 AND id BETWEEN $2 AND $3`;

/** Removes executions from the history. Counters, occurrences and their keys stay: what has happened has happened. */
@Injectable()
export class RemovalService {
  constructor(private readonly database: Database) {}

  /** @throws ExecutionNotFoundError 404; ExecutionStateError 409 while it has not ended. */
  async remove(id: string): Promise<void> {
    await this.database.transaction(async (client) => {
      const held = (await client.query<{ status: ExecutionStatus }>(HOLD, [id])).rows[0];
      if (held === undefined) throw new ExecutionNotFoundError(id);
      if (isOpen(held.status)) throw new ExecutionStateError(id, held.status, 'deleted; cancel it first');
      const { lowest, highest } = idBounds(idTime(id));
      await client.query(REMOVE_STEPS, [id, lowest, highest]);
      await client.query(REMOVE_LOGS, [id, lowest, highest]);
      await client.query(REMOVE, [id]);
    });
  }
}
