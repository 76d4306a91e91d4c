import { Injectable } from '@nestjs/common';
import { Clock } from '../../../common/clock.js';
import { AppError, type Fault } from '../../../common/errors/app-error.js';
import { OutgoingHttp, type OutgoingRequest, type OutgoingResponse } from '../../../common/http/outgoing-http.js';
import { done, NodeType, type NodeContext, type NodeFailure, type NodeOutcome } from '../../node.contract.js';
import { AttemptAbortedError, NodeError } from '../../nodes.errors.js';
import { isExpected } from './expected-status.js';
import { buildRequest } from './http-request.js';
import type { HttpAuth } from './http-auth.config.js';
import { HttpConfig } from './http.config.js';
import { OAuthTokens } from './oauth-tokens.js';
import { collectPages } from './collect-pages.js';
import { plainHeaders } from './plain-headers.js';
import { SentFiles } from './sent-files.js';
import { StoredBody } from './stored-body.js';
import { asText, decodeBody } from './response-body.js';
import { isRetryable, parseRetryAfter } from '../../../common/http/retry-after.js';

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);
/** How much of a refusal's body is kept with the failure, bytes. */
const KEPT_OF_REFUSAL = 4_096;

/** A response whose status is not expected. */
class StatusError extends NodeError {
  constructor(
    readonly response: OutgoingResponse,
    method: string,
  ) {
    const { status, url, headers, body } = response;
    const text = asText(body.subarray(0, KEPT_OF_REFUSAL), headers.get('content-type') ?? '');
    super(`http_${status}`, `${method} ${new URL(url).host} answered with status ${status}`, {
      retryable: isRetryable(status),
      details: { status_code: status, headers: plainHeaders(response), body: text },
    });
  }
}

@Injectable()
export class HttpNode extends NodeType<HttpConfig> {
  readonly type = 'http';
  readonly kind = 'ACTION';
  readonly title = 'HTTP request';
  readonly description = 'Calls a URL and gives the answer; a status of 400 and above fails the step unless expected.';
  readonly config = HttpConfig;
  private readonly tokens: OAuthTokens;

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {
    super();
    this.tokens = new OAuthTokens(http, clock);
  }

  effect({ method = 'GET' }: Readonly<Record<string, unknown>>): 'idempotent' | 'once' {
    return typeof method === 'string' && IDEMPOTENT.has(method.toUpperCase()) ? 'idempotent' : 'once';
  }

  override faults({ method, body, body_file: file, pagination, response }: HttpConfig): readonly Fault[] {
    const faults: Fault[] = [];
    const refuse = (path: string, message: string): number => faults.push({ path, code: 'value_invalid', message });
    if (body !== undefined && body !== null && /^(get|head)$/i.test(method)) refuse('body', `${method} takes no body`);
    if (file !== undefined && /^(get|head)$/i.test(method)) refuse('body_file', `${method} takes no body`);
    if (file !== undefined && body !== undefined && body !== null)
      refuse('body_file', 'only one of "body" and "body_file" may be given');
    if (pagination && (response === 'text' || response === 'file')) refuse('response', 'pages must be JSON');
    return faults;
  }

  async execute(ctx: NodeContext<HttpConfig>): Promise<NodeOutcome> {
    const startedAt = this.clock.now();
    try {
      const output = await this.call(ctx);
      return done({ ...output, duration_ms: this.clock.now() - startedAt });
    } catch (error) {
      if (ctx.signal.aborted) throw new AttemptAbortedError(ctx.signal);
      if (error instanceof StatusError) return this.refused(error);
      if (error instanceof NodeError) throw error;
      if (error instanceof AppError)
        throw new NodeError(error.code, error.message, { retryable: error.retryable, cause: error });
      throw error;
    }
  }

  private async call(ctx: NodeContext<HttpConfig>): Promise<object> {
    const { config } = ctx;
    await using files = new SentFiles(ctx.files);
    const request = await buildRequest(ctx, files);
    const send = (hop: OutgoingRequest): Promise<OutgoingResponse> => this.send(config, hop, ctx.signal);
    if (config.pagination) return await collectPages(request, config.pagination, send);
    const stored = config.response === 'file' ? new StoredBody(ctx) : null;
    const response = await send(stored === null ? request : { ...request, take: (head) => stored.take(head) });
    return {
      status_code: response.status,
      headers: plainHeaders(response),
      body: stored === null ? decodeBody(response, config.response) : stored.file,
    };
  }

  private async send(config: HttpConfig, request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingResponse> {
    const auth = tokenAuth(config, request);
    let response = await this.http.request(await this.authorized(request, auth, signal));
    if (response.status === 401 && auth !== null) {
      // The token may have been revoked before its time: one new one, then the answer stands.
      this.tokens.forget(auth);
      response = await this.http.request(await this.authorized(request, auth, signal));
    }
    if (!isExpected(response.status, config.expect_status))
      throw new StatusError(response, config.method.toUpperCase());
    return response;
  }

  private async authorized(
    request: OutgoingRequest,
    auth: HttpAuth | null,
    signal: AbortSignal,
  ): Promise<OutgoingRequest> {
    if (auth === null) return request;
    const authorization = `Bearer ${await this.tokens.get(auth, signal)}`;
    return { ...request, headers: { ...request.headers, authorization } };
  }

  private refused(error: StatusError): NodeOutcome {
    const { code, message, retryable, details } = error;
    const failure: NodeFailure = { code, message, retryable, details };
    const after = parseRetryAfter(error.response.headers.get('retry-after'), this.clock.now());
    return retryable && after !== null ? { kind: 'retry', after, error: failure } : { kind: 'fail', error: failure };
  }
}

/** The token belongs to the origin that the config names: a next page elsewhere does not get it. */
function tokenAuth({ auth, url }: HttpConfig, request: OutgoingRequest): HttpAuth | null {
  return auth?.type === 'oauth2' && new URL(request.url).origin === new URL(url).origin ? auth : null;
}
