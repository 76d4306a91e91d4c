import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { OutgoingHttp, type OutgoingResponse } from '../http/outgoing-http.js';
import { AppTokens } from './app-tokens.js';
import type { AuthorizedRequest, GitHubAnswer, GitHubIdentity, GitHubRequest } from './github.contract.js';
import { GitHubError } from './github.errors.js';

const API_VERSION = '2022-11-28';
const LOWEST_REFUSAL = 400;

/** GitHub's REST API: https://docs.github.com/en/rest */
@Injectable()
export class GitHubApi {
  private readonly tokens: AppTokens;

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {
    this.tokens = new AppTokens((identity, request) => this.bare(identity.apiUrl, request), clock);
  }

  /** @throws GitHubError for a status of 400 and above; what `OutgoingHttp` throws */
  async request(identity: GitHubIdentity, request: GitHubRequest): Promise<GitHubAnswer> {
    const authorization = `Bearer ${await this.credential(identity, request)}`;
    return this.bare(identity.apiUrl, { ...request, authorization });
  }

  private async credential(identity: GitHubIdentity, { as, signal }: GitHubRequest): Promise<string> {
    if ('token' in identity) return identity.token;
    return as === null ? this.tokens.ofApp(identity) : this.tokens.ofInstallation(identity, as, signal);
  }

  private async bare(apiUrl: string, request: AuthorizedRequest): Promise<GitHubAnswer> {
    const url = new URL(apiUrl.replace(/\/$/, '') + request.path);
    for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value);
    const response = await this.http.request({
      url: url.href,
      method: request.method ?? 'GET',
      headers: {
        accept: request.accept ?? 'application/vnd.github+json',
        authorization: request.authorization,
        'user-agent': 'millrace',
        'x-github-api-version': API_VERSION,
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.maxBytes !== undefined && { maxBytes: request.maxBytes }),
      ...(request.signal !== undefined && { signal: request.signal }),
    });
    if (response.status >= LOWEST_REFUSAL) throw this.refusal(request, response);
    return { status: response.status, body: parse(response), headers: response.headers };
  }

  private refusal({ method = 'GET', path }: AuthorizedRequest, response: OutgoingResponse): GitHubError {
    const { status, headers } = response;
    const said = (parse(response) as { message?: unknown } | null)?.message;
    const message = `GitHub answered ${method} ${path} with ${status}${typeof said === 'string' ? `: ${said}` : ''}`;
    const limited = status === 429 || (status === 403 && isRateLimit(headers));
    const after = limited ? rateLimitEnd(headers, this.clock.now()) : null;
    return new GitHubError(status, message, limited || status >= 500 || status === 408, after);
  }
}

function isRateLimit(headers: OutgoingResponse['headers']): boolean {
  return headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0';
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function rateLimitEnd(headers: OutgoingResponse['headers'], now: number): number | null {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  if (Number.isFinite(seconds)) return seconds * 1_000;
  const reset = Number(headers.get('x-ratelimit-reset') ?? NaN);
  return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - now) : null;
}

function parse({ body }: OutgoingResponse): unknown {
  if (body.length === 0) return null;
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return body.toString();
  }
}
