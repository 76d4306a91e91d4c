import type { Fault } from '../../../common/errors/app-error.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { ValuesConfig } from './values.config.js';

/** Steps whose output is what their templates gave: `set` and `transform` differ in what they tell the reader. */
export abstract class ValuesNode extends NodeType<ValuesConfig> {
  readonly kind = 'ACTION';
  readonly config = ValuesConfig;
  override readonly expressionFields = ['expression'];

  effect(): 'pure' {
    return 'pure';
  }

  override faults(config: ValuesConfig): readonly Fault[] {
    return exactlyOne(config, ['values', 'expression']);
  }

  execute({ config }: NodeContext<ValuesConfig>): NodeOutcome {
    return done(config.values === undefined ? config.expression : config.values);
  }
}
