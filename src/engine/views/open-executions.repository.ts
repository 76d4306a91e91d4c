import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { OpenExecutions } from '../open-executions.js';

/** By index `execution_open_trigger`. */
const COUNT = `
SELECT trigger_id, count(*)::int AS open FROM execution
WHERE is_open AND trigger_id = ANY($1) GROUP BY trigger_id`;

/** By index `execution_open_trigger`. */
const IDS = `
SELECT id FROM execution WHERE is_open AND trigger_id = ANY($1) AND NOT cancel_requested ORDER BY id`;

@Injectable()
export class OpenExecutionsRepository extends OpenExecutions {
  override async countByTrigger(
    client: PoolClient,
    triggerIds: readonly string[],
  ): Promise<ReadonlyMap<string, number>> {
    const { rows } = await client.query<{ trigger_id: string; open: number }>(COUNT, [triggerIds]);
    return new Map(rows.map((row) => [row.trigger_id, row.open]));
  }

  override async idsOfTriggers(client: PoolClient, triggerIds: readonly string[]): Promise<readonly string[]> {
    const { rows } = await client.query<{ id: string }>(IDS, [triggerIds]);
    return rows.map(({ id }) => id);
  }
}
