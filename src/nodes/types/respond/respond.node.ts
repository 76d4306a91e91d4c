import type { Fault } from '../../../common/errors/app-error.js';
import { NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { headerFaults } from './response-headers.js';
import { RespondConfig } from './respond.config.js';

export class RespondNode extends NodeType<RespondConfig> {
  readonly type = 'respond';
  readonly kind = 'FLOW';
  readonly title = 'Respond';
  readonly description = 'Answers the request of a webhook whose `response` is respond; the execution goes on.';
  readonly config = RespondConfig;

  effect(): 'pure' {
    return 'pure';
  }

  override faults({ headers }: RespondConfig): readonly Fault[] {
    // What is no object is a fault of the field's own rule.
    return typeof headers === 'object' ? headerFaults(headers) : [];
  }

  execute({ config: { status_code, headers, body } }: NodeContext<RespondConfig>): NodeOutcome {
    const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]);
    const output = { status_code, headers: Object.fromEntries(named) as Record<string, string>, body: body ?? null };
    return { kind: 'respond', output };
  }
}
