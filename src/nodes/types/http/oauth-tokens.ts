import { createHash } from 'node:crypto';
import type { Clock } from '../../../common/clock.js';
import type { OutgoingHttp } from '../../../common/http/outgoing-http.js';
import { NodeError } from '../../nodes.errors.js';
import type { HttpAuth } from './http-auth.config.js';
import { isRetryable } from '../../../common/http/retry-after.js';

interface Token {
  readonly value: string;
  readonly goodUntil: number;
}

/** A token is renewed this long before its end, so that it lasts for the call. */
const MARGIN_MS = 30_000;
/** RFC 6749 leaves the life of a token open; what says nothing is asked for again soon. */
const DEFAULT_LIFE_S = 300;
const MOST_TOKENS = 1_000;

/** Access tokens by the client credentials grant (RFC 6749, section 4.4), kept until shortly before they expire. */
export class OAuthTokens {
  private readonly tokens = new Map<string, Token>();

  constructor(
    private readonly http: OutgoingHttp,
    private readonly clock: Clock,
  ) {}

  async get(auth: HttpAuth, signal: AbortSignal): Promise<string> {
    const kept = this.tokens.get(keyOf(auth));
    if (kept !== undefined && kept.goodUntil > this.clock.now()) return kept.value;
    const token = await this.fetch(auth, signal);
    if (this.tokens.size >= MOST_TOKENS) this.tokens.clear();
    this.tokens.set(keyOf(auth), token);
    return token.value;
  }

  /** Forgets a token that was refused. */
  forget(auth: HttpAuth): void {
    this.tokens.delete(keyOf(auth));
  }

  private async fetch(auth: HttpAuth, signal: AbortSignal): Promise<Token> {
    const response = await this.http.request({ ...tokenRequest(auth), signal, maxBytes: 1024 * 1024 });
    if (response.status !== 200) {
      throw new NodeError('oauth2_failed', `The token server answered with status ${response.status}`, {
        retryable: isRetryable(response.status),
      });
    }
    const answer = readAnswer(response.body);
    const lifeMs = answer.expiresIn * 1_000 - MARGIN_MS;
    return { value: answer.accessToken, goodUntil: this.clock.now() + lifeMs };
  }
}

function tokenRequest(auth: HttpAuth): { url: string; method: string; headers: Record<string, string>; body: string } {
  const { client_id: id = '', client_secret: secret = '' } = auth;
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (auth.scope !== undefined) form.set('scope', auth.scope);
  if (auth.audience !== undefined) form.set('audience', auth.audience);
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  if (auth.client_auth === 'body') {
    form.set('client_id', id);
    form.set('client_secret', secret);
  } else {
    headers['authorization'] = basicCredentials(encodeURIComponent(id), encodeURIComponent(secret));
  }
  return { url: auth.token_url ?? '', method: 'POST', headers, body: form.toString() };
}

function readAnswer(body: Buffer): { accessToken: string; expiresIn: number } {
  let answer: { access_token?: unknown; expires_in?: unknown } | null;
  try {
    answer = JSON.parse(body.toString()) as typeof answer;
  } catch (cause) {
    throw new NodeError('oauth2_failed', 'The token server answered with something that is no JSON', { cause });
  }
  const accessToken = answer?.access_token;
  if (typeof accessToken !== 'string') throw new NodeError('oauth2_failed', 'The token server gave no access_token');
  const expiresIn = Number(answer?.expires_in ?? DEFAULT_LIFE_S);
  return { accessToken, expiresIn: Number.isFinite(expiresIn) ? expiresIn : DEFAULT_LIFE_S };
}

export function basicCredentials(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function keyOf({ token_url, client_id, client_secret, scope, audience }: HttpAuth): string {
  const identity = JSON.stringify([token_url, client_id, client_secret, scope, audience]);
  return createHash('sha256').update(identity).digest('base64');
}
