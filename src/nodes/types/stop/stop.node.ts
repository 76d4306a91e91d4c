import { NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { StopConfig } from './stop.config.js';

export class StopNode extends NodeType<StopConfig> {
  readonly type = 'stop';
  readonly kind = 'FLOW';
  readonly title = 'Stop';
  readonly description = 'Ends the execution now, as completed, with an output; running branches are cancelled.';
  readonly config = StopConfig;

  effect(): 'pure' {
    return 'pure';
  }

  execute({ config }: NodeContext<StopConfig>): NodeOutcome {
    return { kind: 'stop', output: config.output ?? null };
  }
}
