import { NodeType, type FanOutResult, type NestedScope, type NodeOutcome } from '../../node.contract.js';
import { GroupConfig } from './group.config.js';

const SCOPE = 'branches.steps';

export class GroupNode extends NodeType<GroupConfig> {
  readonly type = 'group';
  readonly kind = 'FLOW';
  readonly title = 'Group';
  readonly description = 'Runs several steps as one, whose output is that of the last of them that ran.';
  readonly config = GroupConfig;

  effect(): 'pure' {
    return 'pure';
  }

  override nested(config: Readonly<Record<string, unknown>>): readonly NestedScope[] {
    return Array.isArray(config['steps']) ? [{ name: SCOPE, port: 'steps', at: ['steps'] }] : [];
  }

  execute(): NodeOutcome {
    return { kind: 'fan_out', fanOut: { over: { scopes: [SCOPE] }, limit: 1, enough: null, failures: 'stop' } };
  }

  override gather([result]: readonly FanOutResult[]): unknown {
    return result?.output ?? null;
  }
}
