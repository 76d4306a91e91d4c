import { Injectable } from '@nestjs/common';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { parseInstant } from './instant.js';
import { WaitConfig } from './wait.config.js';

/** Kept while the step waits; its name is the output's. */
interface WaitState {
  readonly waited_until: string;
}

@Injectable()
export class WaitNode extends NodeType<WaitConfig> {
  readonly type = 'wait';
  readonly kind = 'FLOW';
  readonly title = 'Wait';
  readonly description = 'Goes on after a duration or at a time; holds no slot meanwhile, and survives restarts.';
  readonly config = WaitConfig;

  effect(): 'pure' {
    return 'pure';
  }

  override faults(config: WaitConfig): readonly Fault[] {
    return exactlyOne(config, ['duration', 'until']);
  }

  execute({ config, resumed, now: read }: NodeContext<WaitConfig>): NodeOutcome {
    if (resumed !== null) return done(resumed.state);
    const now = read();
    const until = parseInstant(config.until) ?? new Date(now + (parseDuration(config.duration) ?? 0));
    const state: WaitState = { waited_until: until.toISOString() };
    return until.getTime() <= now ? done(state) : { kind: 'wait', until, state };
  }
}
