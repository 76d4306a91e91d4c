import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { parseDuration } from '../../../common/duration.js';
import { AppError } from '../../../common/errors/app-error.js';
import { OutgoingHttp } from '../../../common/http/outgoing-http.js';
import { refusalOf } from '../../../common/http/unexpected-status.js';
import { done, NodeType, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { signedHeaders } from './sign.js';
import { WebhookConfig } from './webhook.config.js';

@Injectable()
export class WebhookNode extends NodeType<WebhookConfig> {
  readonly type = 'webhook';
  readonly kind = 'EXTERNAL_ACTION';
  readonly title = 'Webhook';
  readonly description = 'Sends a delivery signed by Standard Webhooks; all attempts carry one message id.';
  readonly config = WebhookConfig;

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {
    super();
  }

  effect(): 'once' {
    return 'once';
  }

  async execute({ config, idempotencyKey, signal }: NodeContext<WebhookConfig>): Promise<NodeOutcome> {
    const body = JSON.stringify(config.payload);
    const signed = signedHeaders(idempotencyKey, Math.floor(this.clock.now() / 1_000), body, config.secret);
    try {
      const response = await this.http.request({
        url: config.url,
        method: 'POST',
        headers: {
          ...toHeaders(config.headers ?? {}),
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
          ...signed,
        },
        body,
        // A receiver that has moved is to be told so by its owner: the specification asks for no redirects.
        followRedirects: false,
        timeoutMs: parseDuration(config.timeout) ?? undefined,
        maxBytes: 1024 * 1024,
        signal,
      });
      const refusal = refusalOf(response, this.clock.now()) ?? (response.status >= 300 ? moved(response.status) : null);
      if (refusal === null) return done({ message_id: signed['webhook-id'], status_code: response.status });
      const { afterMs, ...error } = refusal;
      return afterMs === null ? { kind: 'fail', error } : { kind: 'retry', after: afterMs, error };
    } catch (error) {
      if (signal.aborted) throw new AttemptAbortedError(signal);
      if (error instanceof AppError)
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }
}

function moved(status: number): { code: string; message: string; retryable: boolean; details: object; afterMs: null } {
  const message = `The receiver answered with the redirect ${status}, which deliveries do not follow`;
  return { code: `http_${status}`, message, retryable: false, details: { status_code: status }, afterMs: null };
}

/** Names are lower case, so that a header of the delivery itself cannot be doubled. */
function toHeaders(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    try {
      headers.set(name, typeof value === 'string' ? value : JSON.stringify(value));
    } catch (cause) {
      throw new NodeError('config_invalid', `headers: "${name}" is not a valid header`, { cause });
    }
  }
  return Object.fromEntries(headers);
}
