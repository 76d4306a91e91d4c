import { Injectable } from '@nestjs/common';
import type { Fault } from '../../common/errors/app-error.js';
import { AlreadyDecidedError, ApprovalClosedError, DecisionInvalidError, LinkInvalidError } from './approval.errors.js';
import { readForm } from './approval-form.js';
import { ApprovalLinks, type ApprovalLink } from './approval-links.js';
import { LONGEST_COMMENT } from './approval.dto.js';
import { askingPage } from './approval-page.js';
import { ApprovalRepository, type FoundApproval } from './approval.repository.js';
import type { Verb } from './approval.row.js';
import { Approvals } from './approvals.service.js';

export interface SentDecision {
  readonly decision?: Verb;
  readonly data?: unknown;
  readonly comment?: string;
}

interface Opened {
  readonly link: ApprovalLink;
  readonly approval: FoundApproval;
  /** Whom the link names. */
  readonly by: string;
}

/** A link that names nobody counts as one person. */
const ANYBODY = 'link';

const TOO_LONG: Fault = {
  path: 'comment',
  code: 'value_invalid',
  message: `must have at most ${LONGEST_COMMENT} characters`,
};

/** What people do who follow a link: look at the page, and decide by it. */
@Injectable()
export class PublicApprovals {
  constructor(
    private readonly approvals: ApprovalRepository,
    private readonly links: ApprovalLinks,
    private readonly decisions: Approvals,
  ) {}

  /**
   * The page. It decides nothing: scanners of mail follow links too.
   * @throws LinkInvalidError 403; AlreadyDecidedError and ApprovalClosedError 409
   */
  async page(token: string): Promise<string> {
    const { link, approval, by } = await this.open(token);
    refuseSpent(approval, by);
    return askingPage({ approval, kind: link.kind, faults: [], sent: null });
  }

  /** @throws the same, and DecisionInvalidError 422 */
  async decide(token: string, { decision, data, comment }: SentDecision): Promise<Verb> {
    const { link, approval, by } = await this.open(token);
    const verb = verbOf(link, decision);
    await this.decisions.decide(approval.id, { decision: verb, data, comment: comment ?? null, by, via: 'link' });
    return verb;
  }

  /** What a browser sends. */
  async decideByForm(token: string, sent: URLSearchParams): Promise<Verb> {
    const { approval, link } = await this.open(token);
    const decision = sent.get('decision') ?? undefined;
    const isRejection = (decision ?? link.kind) === 'reject';
    const data = approval.form === null || isRejection ? undefined : readForm(approval.form, sent);
    const comment = sent.get('comment')?.replaceAll('\r\n', '\n').trim() ?? '';
    if (comment.length > LONGEST_COMMENT) throw new DecisionInvalidError([TOO_LONG]);
    return this.decide(token, { decision: decision as Verb, data, ...(comment !== '' && { comment }) });
  }

  /** The page again, with what was wrong. */
  async pageAgain(token: string, sent: URLSearchParams, faults: readonly Fault[]): Promise<string> {
    const { link, approval } = await this.open(token);
    return askingPage({ approval, kind: link.kind, faults, sent });
  }

  private async open(token: string): Promise<Opened> {
    const link = this.links.open(token);
    const approval = link === null ? undefined : await this.approvals.find(link.approvalId);
    if (link === null || approval === undefined) throw new LinkInvalidError();
    const by = link.place === null ? ANYBODY : approval.assignees[link.place];
    if (by === undefined) throw new LinkInvalidError();
    return { link, approval, by };
  }
}

function refuseSpent({ status, decisions, is_past }: FoundApproval, by: string): void {
  if (decisions.some((decision) => decision.by === by)) throw new AlreadyDecidedError('link');
  if (status !== 'pending') throw new ApprovalClosedError(status);
  if (is_past) throw new ApprovalClosedError('expired');
}

function verbOf({ kind }: ApprovalLink, asked: string | undefined): Verb {
  const verb = asked ?? (kind === 'form' ? undefined : kind);
  if (verb !== 'approve' && verb !== 'reject') {
    const message = 'Say what you decide.';
    throw new DecisionInvalidError([{ path: 'decision', code: 'field_required', message, hint: 'approve or reject' }]);
  }
  if (kind === 'form' || kind === verb) return verb;
  const message = `This link can only ${kind}.`;
  throw new DecisionInvalidError([{ path: 'decision', code: 'value_invalid', message }]);
}
