import type { JsonSchema } from '../../common/validation/json-schema.js';

export type ApprovalStatus = 'pending' | 'approved' | 'rejected' | 'expired';
export type Verb = 'approve' | 'reject';

/** What one person decided. */
export interface Decision {
  readonly decision: Verb;
  /** An actor of the API, or the assignee whom a link names; `link` where it names nobody. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
  readonly data: unknown;
  readonly comment: string | null;
  readonly via: 'api' | 'link';
}

/** Whom else to ask, and from when on. */
export interface Escalation {
  readonly to: readonly string[];
  /** Those of them that are mailed. */
  readonly mail: readonly string[];
  /** RFC 3339. */
  readonly due_at: string;
  /** When it happened, RFC 3339; left out until then. */
  readonly escalated_at?: string;
}

export interface ApprovalRow {
  readonly id: string;
  readonly execution_id: string;
  readonly workflow_id: string;
  readonly step_execution_id: string;
  readonly step_path: string;
  readonly attempt: number;
  readonly status: ApprovalStatus;
  readonly title: string;
  readonly message: string;
  readonly assignees: readonly string[];
  readonly approvals_needed: number;
  readonly form: JsonSchema | null;
  readonly expires_at: Date | null;
  readonly decisions: readonly Decision[];
  readonly escalations: readonly Escalation[];
  readonly created_at: Date;
  readonly closed_at: Date | null;
}

/** What a step asks for: the payload of its suspension. */
export interface ApprovalRequest {
  readonly title: string;
  readonly message: string;
  readonly assignees: readonly string[];
  readonly approvals_needed: number;
  readonly form: JsonSchema | null;
  /** Mail addresses. */
  readonly notify: readonly string[];
  /** Left out: none, and in what was asked for before there were any. */
  readonly escalate?: readonly Escalation[];
}
