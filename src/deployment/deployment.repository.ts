import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Database, type SqlClient } from '../common/database/database.js';
import { newId } from '../common/ids.js';
import type { DeploymentRow } from './deployment.row.js';

export interface NewDeployment {
  readonly workflowId: string;
  readonly version: number;
  readonly mode: 'execute' | 'notify' | null;
  readonly createdBy: string;
}

const LAST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

@Injectable()
export class DeploymentRepository {
  constructor(private readonly database: Database) {}

  /**
   * Deployments of one workflow follow each other; held until the transaction ends. The workflow's row comes first, as where its
   * state is changed: the other way round the two would wait for each other.
   */
  async lock(client: PoolClient, workflowId: string): Promise<void> {
    await client.query('SELECT 1 FROM workflow WHERE id = $1 FOR UPDATE', [workflowId]);
    await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('deployment:' || $1, 0))`, [workflowId]);
  }

  async inForce(workflowId: string, client: SqlClient = this.database.pool): Promise<DeploymentRow | undefined> {
    const sql = `SELECT * FROM deployment WHERE workflow_id = $1 AND status = 'deployed'`;
    return (await client.query<DeploymentRow>(sql, [workflowId])).rows[0];
  }

  /** @returns whether one was in force. */
  async end(client: PoolClient, workflowId: string): Promise<boolean> {
    const { rowCount } = await client.query(
      `UPDATE deployment SET status = 'undeployed', undeployed_at = now() WHERE workflow_id = $1 AND status = 'deployed'`,
      [workflowId],
    );
    return (rowCount ?? 0) > 0;
  }

  async putInForce(
    client: PoolClient,
    { workflowId, version, mode, createdBy }: NewDeployment,
  ): Promise<DeploymentRow> {
    const { rows } = await client.query<DeploymentRow>(
      `INSERT INTO deployment (id, workflow_id, version, status, mode, created_by, deployed_at)
       VALUES ($1, $2, $3, 'deployed', $4, $5, now()) RETURNING *`,
      [newId(), workflowId, version, mode, createdBy],
    );
    return rows[0] as DeploymentRow;
  }

  /** Kept beside the one in force, so that the history says what was tried. */
  async recordFailure({ workflowId, version, mode, createdBy }: NewDeployment, reason: string): Promise<void> {
    await this.database.query(
      `INSERT INTO deployment (id, workflow_id, version, status, mode, created_by, reason)
       VALUES ($1, $2, $3, 'failed', $4, $5, $6)`,
      [newId(), workflowId, version, mode, createdBy, reason.slice(0, 2_000)],
    );
  }

  history(workflowId: string, limit: number, before: string | undefined): Promise<DeploymentRow[]> {
    return this.database.query(
      `SELECT * FROM deployment WHERE workflow_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
      [workflowId, before ?? LAST, limit + 1],
    );
  }

  /** @param workflowIds null: of all workflows. */
  allInForce(
    limit: number,
    before: string | undefined,
    workflowIds: readonly string[] | null,
  ): Promise<DeploymentRow[]> {
    return this.database.query(
      `SELECT * FROM deployment
       WHERE status = 'deployed' AND id < $1 AND ($3::uuid[] IS NULL OR workflow_id = ANY($3))
       ORDER BY id DESC LIMIT $2`,
      [before ?? LAST, limit + 1, workflowIds],
    );
  }
}
