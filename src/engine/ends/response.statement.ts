import type { PoolClient } from 'pg';
import type { WebhookResponse } from '../../nodes/node.contract.js';

/** What a `respond` step has said, on its way into the execution's row. */
export interface Response {
  readonly executionId: string;
  readonly response: WebhookResponse;
}

/** An execution whose request can be answered now. */
export interface RespondedRow {
  readonly id: string;
  readonly awaited_by: string;
}

/**
 * The first response counts; whether it came by this very statement before, tried again, makes no difference. The
 * transaction holds the rows already, under their epoch. Index: the primary key.
 */
const RESPOND = /* sql */ `
UPDATE execution e SET response = i.response::json
FROM unnest($1::uuid[], $2::text[]) AS i(id, response)
WHERE e.id = i.id AND e.id = ANY($1::uuid[]) AND e.awaited_by IS NOT NULL
  AND (e.response IS NULL OR e.response::text = i.response)
RETURNING e.id, e.awaited_by`;

/** @returns those whose response counts. */
export async function recordResponses(client: PoolClient, responses: readonly Response[]): Promise<RespondedRow[]> {
  const ids = responses.map(({ executionId }) => executionId);
  const texts = responses.map(({ response }) => JSON.stringify(response));
  return (await client.query<RespondedRow>(RESPOND, [ids, texts])).rows;
}
