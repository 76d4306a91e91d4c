import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';
import { Suspensions } from '../suspension/suspensions.js';
import type { ClaimedExecution } from './claim.statement.js';
import { suspendedFor, type Waiting } from './step-record.js';

interface OpenStep {
  readonly id: string;
  readonly waiting: Waiting | null;
}

/** Nobody else ends them meanwhile: the epoch is held until the commit. Index: step_execution_execution. */
const OPEN_STEPS = /* sql */ `
SELECT s.id, s.waiting FROM step_execution s
JOIN (SELECT id FROM execution WHERE id = $1 AND epoch = $2 FOR SHARE) e ON s.execution_id = e.id
WHERE s.id BETWEEN $3 AND $4 AND s.status IN ('pending', 'running', 'waiting')`;

const CANCEL = /* sql */ `
UPDATE step_execution SET change = DEFAULT, status = 'cancelled', finished_at = now(), waiting = NULL, wait_until = NULL
WHERE id = ANY($1::uuid[])`;

/** Ends what an execution leaves open that no run can read any more: steps, and the approvals and children they wait for. */
@Injectable()
export class LeftOpen {
  constructor(
    private readonly database: Database,
    private readonly suspensions: Suspensions,
  ) {}

  /** Does nothing when another owner has the execution. */
  async close({ id, epoch }: Pick<ClaimedExecution, 'id' | 'epoch'>): Promise<void> {
    const actions: (() => void)[] = [];
    await this.database.transaction(async (client) => {
      const { lowest, highest } = idBounds(idTime(id));
      const { rows } = await client.query<OpenStep>(OPEN_STEPS, [id, epoch, lowest, highest]);
      await client.query(CANCEL, [rows.map((step) => step.id)]);
      const closed = rows.flatMap((step) => {
        const reason = suspendedFor(step.waiting);
        return reason === null ? [] : [{ stepExecutionId: step.id, for: reason }];
      });
      await this.suspensions.follow(client, [], closed, (action) => actions.push(action));
    });
    for (const action of actions) action();
  }
}
