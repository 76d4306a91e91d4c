import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { OpenExecutions } from '../open-executions.js';

/** Index: execution_open_trigger. */
const COUNT = /* sql */ `
SELECT trigger_id, count(*)::int AS count FROM execution
WHERE is_open AND trigger_id = ANY($1::uuid[]) GROUP BY trigger_id`;

const OF_TRIGGER = /* sql */ `SELECT id FROM execution WHERE is_open AND trigger_id = $1 ORDER BY id`;

@Injectable()
export class OpenExecutionsRepository extends OpenExecutions {
  override async countByTrigger(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { rows } = await client.query<{ trigger_id: string; count: number }>(COUNT, [triggerIds]);
    return new Map(rows.map((row) => [row.trigger_id, row.count]));
  }

  override async ofTrigger(client: PoolClient, triggerId: string): Promise<readonly string[]> {
    const { rows } = await client.query<{ id: string }>(OF_TRIGGER, [triggerId]);
    return rows.map((row) => row.id);
  }
}
