import { Injectable, Optional, type OnApplicationShutdown } from '@nestjs/common';
import { fetch, type Agent, type BodyInit, type Response } from 'undici';
import { AppConfig } from '../config/app-config.js';
import { AppError } from '../errors/app-error.js';
import { childOf, toTraceparent, type TraceContext } from '../tracing/trace-context.js';
import { NO_TRACING, Tracing } from '../tracing/tracing.js';
import { AddressGuard } from './address-guard.js';
import { guardedAgent } from './guarded-agent.js';
import { NetworkError, RequestTimeoutError, TooManyRedirectsError, UrlInvalidError } from './http.errors.js';
import { followRedirect, type Hop } from './redirects.js';
import { readCapped } from './read-capped.js';

export interface OutgoingRequest {
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, bytes or a form; streams cannot be sent again after a redirect. */
  readonly body?: BodyInit | null;
  /** Headers beside `Authorization` and `Cookie` that must not follow a redirect to another origin. */
  readonly secretHeaders?: readonly string[];
  /** Default true: up to 10. */
  readonly followRedirects?: boolean;
  /** Until the body has been read, milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** Of the decoded body, bytes. Default 16 MiB. */
  readonly maxBytes?: number;
  /**
   * Takes the body as it arrives, for those answers for which it gives a function; `maxBytes` is up to that function.
   * `body` is empty then.
   */
  readonly take?: (head: ResponseHead) => ((body: AsyncIterable<Uint8Array>) => Promise<void>) | null;
  /** Aborts the call; the error is then the signal's reason. */
  readonly signal?: AbortSignal;
}

export type ResponseHead = Omit<OutgoingResponse, 'body'>;

export interface OutgoingResponse {
  /** Where the answer came from, after redirects. */
  readonly url: string;
  readonly status: number;
  readonly headers: Response['headers'];
  readonly body: Buffer;
}

const MAX_REDIRECTS = 10;
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

/** The one way out: every call that a definition can steer goes through it, and reaches allowed addresses only. */
@Injectable()
export class OutgoingHttp implements OnApplicationShutdown {
  private readonly agent: Agent;

  constructor(
    config: AppConfig,
    @Optional() private readonly tracing: Tracing = NO_TRACING,
  ) {
    this.agent = guardedAgent(new AddressGuard(config.httpAllowPrivate));
  }

  /**
   * @throws AddressNotAllowedError, UrlInvalidError, TooManyRedirectsError, ResponseTooLargeError; retryable:
   *   NetworkError, RequestTimeoutError; when aborted, the signal's reason.
   */
  async request(request: OutgoingRequest): Promise<OutgoingResponse> {
    const parent = this.tracing.current();
    return parent === null ? await this.send(request) : await this.traced(request, parent);
  }

  /** The span tells whom it called, not with which path: that may hold a secret. */
  private async traced(request: OutgoingRequest, parent: TraceContext): Promise<OutgoingResponse> {
    const context = childOf(parent);
    const startedAt = Date.now();
    const method = request.method ?? 'GET';
    const report = (status: number | null, error: string | null): void =>
      this.tracing.report({
        name: method,
        kind: 'client',
        context,
        parent,
        startedAt,
        endedAt: Date.now(),
        attributes: {
          'http.request.method': method,
          'server.address': hostOf(request.url),
          ...(status !== null && { 'http.response.status_code': status }),
        },
        error,
      });
    try {
      const response = await this.send({ ...request, headers: withTraceparent(request.headers ?? {}, context) });
      report(response.status, response.status >= 400 ? String(response.status) : null);
      return response;
    } catch (error) {
      report(null, error instanceof AppError ? error.code : 'aborted');
      throw error;
    }
  }

  private async send(request: OutgoingRequest): Promise<OutgoingResponse> {
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
    try {
      return await this.follow(request, signal);
    } catch (error) {
      request.signal?.throwIfAborted();
      if (timeout.aborted) throw new RequestTimeoutError(hostOf(request.url), timeoutMs);
      throw appErrorIn(error) ?? new NetworkError(hostOf(request.url), error);
    }
  }

  /** For clients that bring their own protocol: the same guard, no redirects, and time limits are up to the caller. */
  readonly fetch: typeof globalThis.fetch = (input, init) => {
    const url = parseUrl(typeof input === 'string' ? input : input instanceof URL ? input.href : input.url);
    const options = { ...init, redirect: 'manual', dispatcher: this.agent } as Parameters<typeof fetch>[1];
    // Two copies of one standard: Node's own classes and undici's.
    return fetch(url, options);
  };

  async onApplicationShutdown(): Promise<void> {
    await this.agent.destroy();
  }

  private async follow(request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingResponse> {
    let hop: Hop = {
      url: parseUrl(request.url),
      method: request.method ?? 'GET',
      headers: new Headers(request.headers),
      body: request.body ?? null,
    };
    for (let redirects = 0; ; redirects++) {
      const response = await this.sendHop(hop, signal);
      const next =
        request.followRedirects === false ? null : followRedirect(hop, response, request.secretHeaders ?? []);
      if (next === null) {
        const head = { url: hop.url.href, status: response.status, headers: response.headers };
        return { ...head, body: await readBody(request, head, response) };
      }
      await response.body?.cancel();
      if (redirects === MAX_REDIRECTS) throw new TooManyRedirectsError(MAX_REDIRECTS);
      hop = { ...next, url: parseUrl(next.url.href) };
    }
  }

  private sendHop({ url, method, headers, body }: Hop, signal: AbortSignal): Promise<Response> {
    return fetch(url, { method, headers: [...headers], body, redirect: 'manual', signal, dispatcher: this.agent });
  }
}

async function readBody(request: OutgoingRequest, head: ResponseHead, response: Response): Promise<Buffer> {
  const take = request.take?.(head) ?? null;
  if (take === null) return await readCapped(response, request.maxBytes ?? DEFAULT_MAX_BYTES);
  await take((response.body ?? []) as AsyncIterable<Uint8Array>);
  return Buffer.alloc(0);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new UrlInvalidError(`"${text}" is no URL`);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UrlInvalidError(`Only http and https can be called, not ${url.protocol}`);
  }
  if (url.username !== '' || url.password !== '')
    throw new UrlInvalidError('Credentials belong in `auth`, not in the URL');
  return url;
}

/** A `traceparent` that the caller gives goes before ours, and ours would not go with its `tracestate`. */
function withTraceparent(headers: Readonly<Record<string, string>>, context: TraceContext): Record<string, string> {
  const isGiven = Object.keys(headers).some((name) => /^trace(parent|state)$/i.test(name));
  if (isGiven) return { ...headers };
  const traced = { ...headers, traceparent: toTraceparent(context) };
  return context.state === null ? traced : { ...traced, tracestate: context.state };
}

function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

/** What our connector refused arrives wrapped in fetch's own error. */
function appErrorIn(error: unknown): AppError | null {
  if (error instanceof AppError) return error;
  return error instanceof Error && error.cause !== undefined ? appErrorIn(error.cause) : null;
}
