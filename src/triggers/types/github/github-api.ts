import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { fetch, type Response } from 'undici';
import { GitHubApiError } from './github.errors.js';

export interface GitHubApp {
  readonly appId: string | null;
  readonly privateKey: string | null;
  readonly apiUrl: string;
}

/** A token is given up so long before its end, milliseconds. */
const TOKEN_MARGIN_MS = 300_000;
const JWT_SECONDS = 540;
const CALL_MS = 5_000;
const MOST_PAGES = 10;
/** A comparison names so many files at most (docs.github.com, "Compare two commits"). */
const MOST_FILES = 300;
const LARGEST_TEXT = 1_048_576;

interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

/** GitHub's REST API, as the App or as one of its installations. The operator names the server, so no guard asks. */
export class GitHubApi {
  private readonly tokens = new Map<number, Promise<Token>>();
  private key: KeyObject | null = null;

  constructor(private readonly app: GitHubApp) {}

  get hasApp(): boolean {
    return this.app.appId !== null && this.app.privateKey !== null;
  }

  /** The files that differ between two commits. @throws GitHubApiError */
  async changedFiles(
    installation: number | null,
    repository: string,
    range: { base: string; head: string },
    signal: AbortSignal,
  ): Promise<{ paths: string[]; isTruncated: boolean }> {
    const paths = new Set<string>();
    const start = `/repos/${repository}/compare/${range.base}...${range.head}?per_page=100`;
    let next: string | null = start;
    let isTruncated = false;
    for (let page = 0; next !== null; page++) {
      if (page === MOST_PAGES) return { paths: [...paths], isTruncated: true };
      const answer: Response = await this.as(installation, next, signal);
      const { files = [] } = (await answer.json()) as { files?: { filename: string; previous_filename?: string }[] };
      for (const { filename, previous_filename: before } of files) {
        paths.add(filename);
        if (before !== undefined) paths.add(before);
      }
      isTruncated ||= files.length >= MOST_FILES;
      next = nextPage(answer.headers.get('link'), this.app.apiUrl);
    }
    return { paths: [...paths], isTruncated };
  }

  async diff(
    installation: number | null,
    repository: string,
    range: { base: string; head: string },
    signal: AbortSignal,
  ): Promise<string> {
    const path = `/repos/${repository}/compare/${range.base}...${range.head}`;
    const answer = await this.as(installation, path, signal, 'application/vnd.github.diff');
    return (await answer.text()).slice(0, LARGEST_TEXT);
  }

  /** A file as text; null when the repository has none of this name. */
  async file(
    installation: number | null,
    repository: string,
    path: string,
    sha: string,
    signal: AbortSignal,
  ): Promise<string | null> {
    const place = path.split('/').map(encodeURIComponent).join('/');
    const url = `/repos/${repository}/contents/${place}?ref=${encodeURIComponent(sha)}`;
    try {
      const answer = await this.as(installation, url, signal, 'application/vnd.github.raw+json');
      return (await answer.text()).slice(0, LARGEST_TEXT);
    } catch (error) {
      if (error instanceof GitHubApiError && error.answered === 404) return null;
      throw error;
    }
  }

  /** A page of the App's deliveries, newest first. */
  async deliveries(page: string | null): Promise<{ items: GitHubDelivery[]; next: string | null }> {
    const answer = await this.asApp(page ?? '/app/hook/deliveries?per_page=100');
    const items = (await answer.json()) as GitHubDelivery[];
    return { items, next: nextPage(answer.headers.get('link'), this.app.apiUrl) };
  }

  async redeliver(id: number): Promise<void> {
    await this.asApp(`/app/hook/deliveries/${id}/attempts`, 'POST');
  }

  private async as(
    installation: number | null,
    path: string,
    signal: AbortSignal,
    accept = 'application/vnd.github+json',
  ): Promise<Response> {
    const headers: Record<string, string> = { accept };
    if (installation !== null && this.hasApp)
      headers['authorization'] = `Bearer ${(await this.tokenOf(installation)).value}`;
    return this.call(path, { headers, signal });
  }

  private async tokenOf(installation: number): Promise<Token> {
    const known = await this.tokens.get(installation)?.catch(() => undefined);
    if (known !== undefined && known.expiresAt - TOKEN_MARGIN_MS > Date.now()) return known;
    const made = this.makeToken(installation);
    this.tokens.set(installation, made);
    made.catch(() => this.tokens.delete(installation));
    return made;
  }

  private async makeToken(installation: number): Promise<Token> {
    const answer = await this.asApp(`/app/installations/${installation}/access_tokens`, 'POST');
    const { token, expires_at: expiresAt } = (await answer.json()) as { token: string; expires_at: string };
    return { value: token, expiresAt: Date.parse(expiresAt) };
  }

  private async asApp(path: string, method = 'GET'): Promise<Response> {
    const headers = { accept: 'application/vnd.github+json', authorization: `Bearer ${await this.jwt()}` };
    return this.call(path, { method, headers });
  }

  /** docs.github.com, "Generating a JSON Web Token (JWT) for a GitHub App": a minute back for clocks that differ. */
  private async jwt(): Promise<string> {
    const { appId, privateKey } = this.app;
    if (appId === null || privateKey === null)
      throw new GitHubApiError('GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY are not set', null);
    this.key ??= createPrivateKey(privateKey);
    const now = Math.floor(Date.now() / 1000);
    const token = new SignJWT({}).setProtectedHeader({ alg: 'RS256', typ: 'JWT' }).setIssuer(appId);
    return token
      .setIssuedAt(now - 60)
      .setExpirationTime(now + JWT_SECONDS)
      .sign(this.key);
  }

  private async call(
    path: string,
    init: { method?: string; headers: Record<string, string>; signal?: AbortSignal },
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(CALL_MS);
    const signal = init.signal === undefined ? timeout : AbortSignal.any([timeout, init.signal]);
    const headers = { ...init.headers, 'user-agent': 'millrace', 'x-github-api-version': '2022-11-28' };
    const url = path.startsWith('http') ? path : this.app.apiUrl.replace(/\/$/, '') + path;
    let answer: Response;
    try {
      answer = await fetch(url, { ...init, headers, signal });
    } catch (cause) {
      throw new GitHubApiError('GitHub did not answer', null, cause);
    }
    if (answer.ok) return answer;
    await answer.body?.cancel();
    throw new GitHubApiError(`GitHub answered ${answer.status} to ${new URL(url).pathname}`, answer.status);
  }
}

export interface GitHubDelivery {
  readonly id: number;
  readonly guid: string;
  readonly delivered_at: string;
  readonly redelivery: boolean;
  readonly status_code: number;
}

/** The `rel="next"` of a Link header (RFC 8288); only of the server that was asked: it gets our token. */
export function nextPage(link: string | null, apiUrl: string): string | null {
  const next = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec(link ?? '')?.[1];
  if (next === undefined || URL.parse(next)?.origin !== URL.parse(apiUrl)?.origin) return null;
  return next;
}
