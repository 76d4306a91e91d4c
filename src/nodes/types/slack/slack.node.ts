import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { OutgoingHttp, type OutgoingResponse } from '../../../common/http/outgoing-http.js';
import { refusalOf } from '../../../common/http/unexpected-status.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { SlackConfig } from './slack.config.js';

/** Errors of the API that pass: https://api.slack.com/methods/chat.postMessage#errors */
const PASSING = new Set(['ratelimited', 'rate_limited', 'internal_error', 'fatal_error', 'service_unavailable']);

@Injectable()
export class SlackNode extends NodeType<SlackConfig> {
  readonly type = 'slack';
  readonly kind = 'EXTERNAL_ACTION';
  readonly title = 'Slack';
  readonly description = 'Posts a message to Slack, by an incoming webhook or as a bot.';
  readonly config = SlackConfig;

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  override faults(config: SlackConfig): readonly Fault[] {
    const faults = exactlyOne(config, ['webhook_url', 'token']);
    const fault = (path: string, code: string, message: string): number => faults.push({ path, code, message });
    if (config.text === undefined && config.blocks === undefined)
      fault('text', 'field_required', '"text" or "blocks" is required');
    if (config.token !== undefined && config.channel === undefined)
      fault('channel', 'field_required', '"channel" is required with a token');
    for (const name of ['channel', 'thread_ts'] as const)
      if (config.webhook_url !== undefined && config[name] !== undefined)
        fault(name, 'value_invalid', `"${name}" goes with a token: a webhook has its own channel`);
    return faults;
  }

  async execute(ctx: NodeContext<SlackConfig>): Promise<NodeOutcome> {
    const { config, signal } = ctx;
    try {
      const response = await this.post(ctx);
      const refusal = refusalOf(response, this.clock.now());
      if (refusal === null) return config.token === undefined ? done(sent(null)) : answered(response);
      const { afterMs, ...error } = refusal;
      return afterMs === null ? { kind: 'fail', error } : { kind: 'retry', after: afterMs, error };
    } catch (error) {
      if (signal.aborted) throw new AttemptAbortedError(signal);
      if (error instanceof AppError && !(error instanceof NodeError))
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }

  private post({ config, signal, idempotencyKey }: NodeContext<SlackConfig>): Promise<OutgoingResponse> {
    const { webhook_url, token, channel, text, blocks, thread_ts, unfurl_links } = config;
    const isBot = token !== undefined;
    return this.http.request({
      url: isBot ? `${config.api_url.replace(/\/$/, '')}/chat.postMessage` : (webhook_url ?? ''),
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'idempotency-key': idempotencyKey,
        ...(isBot && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ text, blocks, unfurl_links, ...(isBot && { channel, thread_ts }) }),
      followRedirects: false,
      maxBytes: 1024 * 1024,
      signal,
    });
  }
}

/** The API answers refusals with status 200. */
function answered({ body }: OutgoingResponse): NodeOutcome {
  const answer = parse(body);
  if (answer?.ok === true) return done(sent(answer));
  const error = typeof answer?.error === 'string' ? answer.error : 'unreadable_answer';
  const message = `Slack did not take the message: ${error}`;
  const code = `slack_${error.replace(/\W/g, '_')}`;
  return { kind: 'fail', error: { code, message, retryable: PASSING.has(error) } };
}

interface SlackAnswer {
  readonly ok?: boolean;
  readonly error?: unknown;
  readonly channel?: string;
  readonly ts?: string;
}

function sent(answer: SlackAnswer | null): object {
  return { ok: true, channel: answer?.channel ?? null, ts: answer?.ts ?? null };
}

function parse(body: Buffer): SlackAnswer | null {
  try {
    return JSON.parse(body.toString()) as SlackAnswer;
  } catch {
    return null;
  }
}
