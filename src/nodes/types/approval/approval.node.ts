import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { approvalId } from '../../../common/links/approval-id.js';
import { schemaFault } from '../../../common/validation/json-schema.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { ApprovalConfig, type ApprovalEscalation } from './approval.config.js';

const IS_MAIL_ADDRESS = /^[^\s@<>]+@[^\s@<>]+$/;

@Injectable()
export class ApprovalNode extends NodeType<ApprovalConfig> {
  readonly type = 'approval';
  readonly kind = 'HUMAN_LOOP';
  readonly title = 'Approval';
  readonly description =
    'Waits until people approve or reject, by the API or by a signed link; holds no slot meanwhile.';
  readonly config = ApprovalConfig;

  constructor(
    private readonly clock: Clock,
    private readonly settings: AppConfig,
  ) {
    super();
  }

  effect(): 'pure' {
    return 'pure';
  }

  override faults(config: ApprovalConfig): readonly Fault[] {
    const faults: Fault[] = [];
    const broken = typeof config.form === 'object' ? schemaFault(config.form) : null;
    if (broken !== null) faults.push({ path: 'form', code: 'schema_invalid', message: `not a JSON Schema: ${broken}` });
    if (Array.isArray(config.notify))
      config.notify.forEach((address, index) => {
        if (IS_MAIL_ADDRESS.test(address) || address.includes('{{')) return;
        faults.push({ path: `notify[${index}]`, code: 'value_invalid', message: `"${address}" is no mail address` });
      });
    return [...faults, ...tooLate(config)];
  }

  execute(ctx: NodeContext<ApprovalConfig>): NodeOutcome {
    const { config, resumed } = ctx;
    if (resumed !== null) return resumed.answer === null ? this.outOfTime(config) : done(resumed.answer.value);
    const { title, message, assignees, approvals_needed, form = null, timeout } = config;
    const notify = this.recipients(ctx);
    const payload = { title, message, assignees, approvals_needed, form, notify, escalate: this.escalations(ctx) };
    const duration = parseDuration(timeout ?? null);
    return {
      kind: 'suspend',
      request: { for: 'approval', payload },
      until: duration === null ? null : new Date(ctx.now() + duration),
      state: null,
      shows: { url: `${this.settings.publicUrl}/api/v1/approvals/${approvalId(ctx.stepExecutionId, ctx.attempt)}` },
    };
  }

  private recipients({ config: { notify, assignees }, log }: NodeContext<ApprovalConfig>): readonly string[] {
    if (notify === false) return [];
    const asked = notify === true ? assignees.filter((each) => IS_MAIL_ADDRESS.test(each)) : notify;
    if (asked.length === 0) log.warn('nobody is told of the approval: no assignee is a mail address');
    else if (this.settings.smtpUrl === null) log.warn('nobody is told of the approval: SMTP_URL is not set');
    else return asked;
    return [];
  }

  private escalations({ config: { escalate }, now, log }: NodeContext<ApprovalConfig>): readonly object[] {
    return escalate.map(({ after, to }) => {
      const mail = to.filter((each) => IS_MAIL_ADDRESS.test(each));
      if (mail.length > 0 && this.settings.smtpUrl === null)
        log.warn('nobody is told when the approval escalates: SMTP_URL is not set');
      const dueAt = new Date(now() + (parseDuration(after) ?? 0)).toISOString();
      return { to, mail: this.settings.smtpUrl === null ? [] : mail, due_at: dueAt };
    });
  }

  private outOfTime({ on_timeout }: ApprovalConfig): NodeOutcome {
    if (on_timeout === 'fail')
      return {
        kind: 'fail',
        error: { code: 'timeout', message: 'Nobody decided within the timeout.', retryable: false },
      };
    return done({ decision: on_timeout, by: 'timeout', at: this.clock.date().toISOString(), data: null });
  }
}

/** An escalation that the end of the step would always come before. */
function tooLate({ escalate, timeout }: ApprovalConfig): Fault[] {
  const end = parseDuration(timeout ?? null);
  if (end === null || !Array.isArray(escalate)) return [];
  return escalate.flatMap(({ after }: ApprovalEscalation, index) => {
    const due = parseDuration(after);
    if (due === null || due < end) return [];
    const message = `it would come after the timeout of ${timeout}`;
    return [{ path: `escalate[${index}].after`, code: 'value_invalid', message, hint: 'a shorter time' }];
  });
}
