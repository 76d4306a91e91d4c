import { Injectable } from '@nestjs/common';
import { scopeOwner } from '../../common/api/owner.js';
import { ROLES, type Caller } from '../../common/api/requires.js';
import { isId } from '../../common/ids.js';
import { decodeIdCursor, pageOf, type Page } from '../../common/page.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import type { ApprovalDto, ApprovalsQuery, AssigneeLinksDto } from './approval.dto.js';
import { ApprovalNotFoundError } from './approval.errors.js';
import { ApprovalLinks } from './approval-links.js';
import { ApprovalRepository } from './approval.repository.js';
import type { ApprovalRow } from './approval.row.js';

/** Approvals as the API shows them. */
@Injectable()
export class ApprovalQueries {
  constructor(
    private readonly approvals: ApprovalRepository,
    private readonly links: ApprovalLinks,
    private readonly workflows: WorkflowDirectory,
  ) {}

  async list(query: ApprovalsQuery, caller: Caller): Promise<Page<ApprovalDto>> {
    const { status = null, assignee = null, execution_id: executionId = null, limit } = query;
    const before = decodeIdCursor(query.cursor);
    const workflowIds = await this.visibleTo(caller);
    const rows = await this.approvals.list({ status, assignee, executionId, workflowIds, before }, limit);
    return pageOf(
      rows,
      limit,
      (row) => row.id,
      (row) => this.show(row, caller),
    );
  }

  /** @throws ApprovalNotFoundError 404 */
  async get(id: string, caller: Caller): Promise<ApprovalDto> {
    const found = isId(id) ? await this.approvals.find(id) : undefined;
    if (found === undefined) throw new ApprovalNotFoundError(id);
    const { is_past: _isPast, ...row } = found;
    const visible = await this.visibleTo(caller);
    if (visible !== null && !visible.includes(row.workflow_id)) throw new ApprovalNotFoundError(id);
    return this.show(row, caller);
  }

  show(row: ApprovalRow, caller: Caller): ApprovalDto {
    const { expires_at, created_at, closed_at, escalations, attempt: _attempt, ...rest } = row;
    const links = row.status === 'pending' && mayDecide(caller) ? this.linksOf(row) : [];
    return {
      ...rest,
      escalations: escalations.map(({ to, due_at, escalated_at = null }) => ({ to, due_at, escalated_at })),
      expires_at: expires_at?.toISOString() ?? null,
      created_at: created_at.toISOString(),
      closed_at: closed_at?.toISOString() ?? null,
      links: withoutName(links[0]),
      assignee_links: links.flatMap(({ assignee, ...own }) => (assignee === null ? [] : [{ assignee, ...own }])),
    };
  }

  /** null: all. */
  private async visibleTo(caller: Caller): Promise<readonly string[] | null> {
    const owner = scopeOwner(caller);
    return owner === null ? null : await this.workflows.idsOf(owner);
  }

  private linksOf({ id, assignees, decisions }: ApprovalRow): (Omit<AssigneeLinksDto, 'assignee'> & Named)[] {
    if (assignees.length === 0) return [{ assignee: null, ...this.links.of(id, null) }];
    const decided = new Set(decisions.map(({ by }) => by));
    return assignees.flatMap((assignee, place) =>
      decided.has(assignee) ? [] : [{ assignee, ...this.links.of(id, place) }],
    );
  }
}

interface Named {
  readonly assignee: string | null;
}

function withoutName(links: (Omit<AssigneeLinksDto, 'assignee'> & Named) | undefined): ApprovalDto['links'] {
  if (links === undefined) return null;
  const { approve, reject, form } = links;
  return { approve, reject, form };
}

const mayDecide = ({ role }: Caller): boolean => ROLES.indexOf(role) >= ROLES.indexOf('operator');
