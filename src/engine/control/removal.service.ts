import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import type { ExecutionStatus } from '../engine.contract.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { isOpen } from '../planner/state-tables.js';
import { removeExecutions } from './removal.statements.js';

const HOLD = /* sql */ `SELECT status FROM execution WHERE id = $1 FOR UPDATE`;

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
      await removeExecutions(client, [id]);
    });
  }
}
