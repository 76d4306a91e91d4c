import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database } from '../../common/database/database.js';
import { ConfirmationError } from '../triggers.errors.js';

export const CONFIRMATION_LIFE_MS = 600_000;

interface Row {
  workflow_id: string;
  caller: string;
  request: object;
  is_expired: boolean;
}

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const SPEND = `
UPDATE manual_confirmation SET used_at = now(), request = $2 WHERE token_hash = $1 AND used_at IS NULL`;

const SPENT_WITH = `SELECT request FROM manual_confirmation WHERE token_hash = $1 AND request->>'idempotencyKey' = $2::text`;

/** First calls by hand that wait for their second. A token is 32 random bytes; only its hash is stored. */
@Injectable()
export class Confirmations {
  constructor(private readonly database: Database) {}

  async create(workflowId: string, caller: string, request: unknown): Promise<{ token: string; expiresAt: Date }> {
    const token = randomBytes(32).toString('base64url');
    await this.database.query(`DELETE FROM manual_confirmation WHERE expires_at < now() - interval '1 day'`);
    const rows = await this.database.query<{ expires_at: Date }>(
      `INSERT INTO manual_confirmation (token_hash, workflow_id, caller, request, expires_at)
       VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') RETURNING expires_at`,
      [hashOf(token), workflowId, caller, JSON.stringify(request), CONFIRMATION_LIFE_MS],
    );
    return { token, expiresAt: rows[0]?.expires_at ?? new Date() };
  }

  /**
   * Spends the token in the transaction that starts the execution. A key is kept with the request: the same confirmation
   * sent again gets the request again, whose key finds the execution.
   * @throws ConfirmationError
   */
  async spend(
    client: PoolClient,
    workflowId: string,
    caller: string,
    token: string,
    key: string | null,
  ): Promise<unknown> {
    const { rows } = await client.query<Row>(
      `SELECT workflow_id, caller, request, expires_at <= now() AS is_expired
       FROM manual_confirmation WHERE token_hash = $1`,
      [hashOf(token)],
    );
    const row = rows[0];
    if (row === undefined || row.workflow_id !== workflowId) {
      throw new ConfirmationError('confirmation_invalid', 'This is not a confirmation token of this workflow.');
    }
    if (row.caller !== caller) {
      throw new ConfirmationError('confirmation_invalid', 'This confirmation token was given to another caller.');
    }
    if (row.is_expired) throw new ConfirmationError('confirmation_expired', 'This confirmation token has expired.');
    const request = key === null ? row.request : { ...row.request, idempotencyKey: key };
    const { rowCount } = await client.query(SPEND, [hashOf(token), JSON.stringify(request)]);
    if (rowCount === 1) return request;
    const { rows: again } = await client.query<Pick<Row, 'request'>>(SPENT_WITH, [hashOf(token), key]);
    if (again[0] !== undefined) return again[0].request;
    throw new ConfirmationError('confirmation_used', 'This confirmation token was used already.');
  }
}
