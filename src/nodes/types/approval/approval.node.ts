import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { approvalId } from '../../../common/links/approval-id.js';
import { schemaFault } from '../../../common/validation/json-schema.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { ApprovalConfig } from './approval.config.js';

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
    return faults;
  }

  execute(ctx: NodeContext<ApprovalConfig>): NodeOutcome {
    const { config, resumed } = ctx;
    if (resumed !== null) return resumed.answer === null ? this.outOfTime(config) : done(resumed.answer.value);
    const { title, message, assignees, approvals_needed, form = null, timeout } = config;
    const payload = { title, message, assignees, approvals_needed, form, notify: this.recipients(ctx) };
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

  private outOfTime({ on_timeout }: ApprovalConfig): NodeOutcome {
    if (on_timeout === 'fail')
      return {
        kind: 'fail',
        error: { code: 'timeout', message: 'Nobody decided within the timeout.', retryable: false },
      };
    return done({ decision: on_timeout, by: 'timeout', at: this.clock.date().toISOString(), data: null });
  }
}
