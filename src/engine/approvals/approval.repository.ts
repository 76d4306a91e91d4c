import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import type { ApprovalRow } from './approval.row.js';

export interface ApprovalFilter {
  readonly status: string | null;
  readonly assignee: string | null;
  readonly executionId: string | null;
  /** null: of all. */
  readonly workflowIds: readonly string[] | null;
  /** Only ids below this one: the next page. */
  readonly before: string | null;
}

/** Newest first. Indexes: approval_status, approval_assignees; without a filter the primary key. */
const LIST = /* sql */ `
SELECT * FROM approval
WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR assignees @> ARRAY[$2::text])
  AND ($3::uuid IS NULL OR execution_id = $3) AND ($4::uuid[] IS NULL OR workflow_id = ANY($4))
  AND ($5::uuid IS NULL OR id < $5)
ORDER BY id DESC LIMIT $6`;

const FIND = /* sql */ `
SELECT *, coalesce(expires_at <= now(), false) AS is_past FROM approval WHERE id = $1`;

export interface FoundApproval extends ApprovalRow {
  /** By the database's clock. */
  readonly is_past: boolean;
}

@Injectable()
export class ApprovalRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<FoundApproval | undefined> {
    return (await this.database.query<FoundApproval & Record<string, unknown>>(FIND, [id]))[0];
  }

  /** One row more than the limit, where there is one. */
  list(filter: ApprovalFilter, limit: number): Promise<ApprovalRow[]> {
    const { status, assignee, executionId, workflowIds, before } = filter;
    const values = [status, assignee, executionId, workflowIds, before, limit + 1];
    return this.database.query<ApprovalRow & Record<string, unknown>>(LIST, values);
  }
}
