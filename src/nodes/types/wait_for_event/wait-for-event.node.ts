import { Injectable } from '@nestjs/common';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { callbackToken } from '../../../common/links/callback-token.js';
import { SignedTokens } from '../../../common/links/signed-tokens.js';
import { OWN_EVENTS } from '../../event-outlet.contract.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { WaitForEventConfig } from './wait-for-event.config.js';

@Injectable()
export class WaitForEventNode extends NodeType<WaitForEventConfig> {
  readonly type = 'wait_for_event';
  readonly kind = 'HUMAN_LOOP';
  readonly title = 'Wait for event';
  readonly description = 'Goes on with an event that fits, or with a call of its own address; holds no slot meanwhile.';
  readonly config = WaitForEventConfig;
  override readonly expressionFields = ['match'];

  constructor(private readonly tokens: SignedTokens) {
    super();
  }

  effect(): 'pure' {
    return 'pure';
  }

  override faults(config: WaitForEventConfig): readonly Fault[] {
    const { event, match, callback } = config;
    if (callback === true) {
      const unfit = (['event', 'match', 'lookback'] as const).filter((field) => config[field] !== undefined);
      return unfit.map((path) => ({ path, code: 'value_invalid', message: `"${path}" does not go with "callback"` }));
    }
    if (event === undefined)
      return [{ path: 'event', code: 'field_required', message: '"event" or "callback: true" is required' }];
    const faults: Fault[] = [];
    if (event.startsWith(OWN_EVENTS)) {
      const message = `the engine's own events (${OWN_EVENTS}*) start executions only`;
      faults.push({ path: 'event', code: 'type_reserved', message, hint: 'Use an event trigger.' });
    }
    if (typeof match === 'string' && /\bsecrets\s*[.[]/.test(match))
      faults.push({ path: 'match', code: 'value_invalid', message: 'what "match" reads is stored: no secrets' });
    return faults;
  }

  execute(ctx: NodeContext<WaitForEventConfig>): NodeOutcome {
    const { config, resumed } = ctx;
    if (resumed !== null) return resumed.answer === null ? OUT_OF_TIME : done(resumed.answer.value);
    const timeout = parseDuration(config.timeout ?? null);
    const until = timeout === null ? null : new Date(ctx.now() + timeout);
    if (config.callback === true) {
      const shows = callbackToken(this.tokens, ctx);
      return { kind: 'suspend', request: { for: 'event', payload: { callback: true } }, until, state: null, shows };
    }
    const payload = { type: config.event, lookback_ms: parseDuration(config.lookback ?? 0) ?? 0 };
    return { kind: 'suspend', request: { for: 'event', payload }, until, state: null };
  }
}

const OUT_OF_TIME: NodeOutcome = {
  kind: 'fail',
  error: { code: 'timeout', message: 'What the step waited for did not come in time.', retryable: false },
};
