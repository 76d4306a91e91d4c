import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { LogConfig } from './log.config.js';

export class LogNode extends NodeType<LogConfig> {
  readonly type = 'log';
  readonly kind = 'ACTION';
  readonly title = 'Log';
  readonly description = "Writes a line to the execution's log.";
  readonly config = LogConfig;

  effect(): 'pure' {
    return 'pure';
  }

  execute({ config, log }: NodeContext<LogConfig>): NodeOutcome {
    const message = typeof config.message === 'string' ? config.message : JSON.stringify(config.message);
    log[config.level](message, config.data);
    return done({ level: config.level, message, data: config.data ?? null });
  }
}
