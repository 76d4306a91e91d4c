import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { isConnectionLoss } from '../../common/database/pg-errors.js';
import { CancelService } from '../control/cancel.service.js';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';

const REASON = 'A newer execution of its concurrency key took its place.';

/** The newest keep their places; two replicas that ask at once come to the same. Index: execution_concurrency. */
const OLDER = /* sql */ `
SELECT id FROM (
  SELECT id, cancel_requested FROM execution
  WHERE is_open AND concurrency_key = $1
  ORDER BY id DESC OFFSET (
    SELECT concurrency_limit FROM execution
    WHERE is_open AND NOT has_place AND concurrency_key = $1 AND supersedes ORDER BY id DESC LIMIT 1
  )
) AS older WHERE NOT cancel_requested`;

/** `on_limit: cancel_running`: the older ones of a key make room for the newest. */
@Injectable()
export class Supersession {
  private readonly logger = new Logger('Supersession');

  constructor(
    private readonly database: Database,
    private readonly cancels: CancelService,
  ) {}

  /** Asks the older ones to end; their ends free the places. Never throws: the chore comes back to it. */
  async makeRoom(key: string): Promise<void> {
    try {
      for (const { id } of await this.database.query<{ id: string }>(OLDER, [key])) await this.cancel(id);
    } catch (error) {
      if (!isConnectionLoss(error)) this.logger.error({ message: 'older executions were not cancelled', err: error });
    }
  }

  private async cancel(id: string): Promise<void> {
    try {
      await this.cancels.request(id, REASON);
    } catch (error) {
      // It has ended meanwhile: that is what was wanted.
      if (!(error instanceof ExecutionStateError || error instanceof ExecutionNotFoundError)) throw error;
    }
  }
}
