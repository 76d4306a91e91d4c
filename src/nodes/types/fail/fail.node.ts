import { NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { FailConfig } from './fail.config.js';

export class FailNode extends NodeType<FailConfig> {
  readonly type = 'fail';
  readonly kind = 'FLOW';
  readonly title = 'Fail';
  readonly description = 'Fails with a message and a code of your own.';
  readonly config = FailConfig;

  effect(): 'pure' {
    return 'pure';
  }

  execute({ config: { code, message } }: NodeContext<FailConfig>): NodeOutcome {
    return { kind: 'fail', error: { code, message, retryable: false } };
  }
}
