import { createHash, createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Clock } from '../clock.js';
import type { AuthorizedRequest, GitHubAnswer, GitHubIdentity, Installation } from './github.contract.js';
import { GitHubNotConfiguredError } from './github.errors.js';

type App = Extract<GitHubIdentity, { appId: string }>;
type Send = (app: App, request: AuthorizedRequest) => Promise<GitHubAnswer>;

/** GitHub refuses App tokens of more than ten minutes, and its clock may be a little behind ours. */
const APP_TOKEN_LIFE_S = 9 * 60;
const CLOCK_DRIFT_S = 60;
/** An installation's token lasts an hour; it is renewed this long before its end. */
const MARGIN_MS = 5 * 60_000;

/** Tokens of Apps (RS256) and of their installations, kept below their life. */
export class AppTokens {
  private readonly tokens = new Map<string, { readonly value: Promise<string>; until: number }>();
  private readonly installations = new Map<string, Promise<number>>();

  constructor(
    private readonly send: Send,
    private readonly clock: Clock,
  ) {}

  /** @throws GitHubNotConfiguredError when the key is none */
  async ofApp({ appId, privateKey }: App): Promise<string> {
    const now = Math.floor(this.clock.now() / 1_000);
    let key;
    try {
      // GitHub gives PKCS #1, which jose does not read by itself.
      key = createPrivateKey(privateKey.replaceAll('\\n', '\n'));
    } catch {
      throw new GitHubNotConfiguredError('The private key of the GitHub App is no PEM');
    }
    return new SignJWT()
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(appId)
      .setIssuedAt(now - CLOCK_DRIFT_S)
      .setExpirationTime(now + APP_TOKEN_LIFE_S)
      .sign(key);
  }

  async ofInstallation(app: App, installation: Installation, signal?: AbortSignal): Promise<string> {
    const id = 'id' in installation ? installation.id : await this.installationOf(app, installation, signal);
    const key = `${appKey(app)}/${id}`;
    const kept = this.tokens.get(key);
    if (kept !== undefined && kept.until > this.clock.now()) return kept.value;
    const entry = { value: this.fetch(app, id, (until) => (entry.until = until)), until: Infinity };
    this.tokens.set(key, entry);
    entry.value.catch(() => this.tokens.delete(key));
    return entry.value;
  }

  private async fetch(app: App, id: number, setUntil: (until: number) => void): Promise<string> {
    const path = `/app/installations/${id}/access_tokens`;
    const { body } = await this.asApp(app, { method: 'POST', path });
    const { token, expires_at } = body as { token: string; expires_at: string };
    setUntil(Date.parse(expires_at) - MARGIN_MS);
    return token;
  }

  private async installationOf(
    app: App,
    { owner, repo }: { owner: string; repo: string },
    signal?: AbortSignal,
  ): Promise<number> {
    const key = `${appKey(app)}/${owner}/${repo}`;
    const known = this.installations.get(key) ?? this.lookUp(app, owner, repo);
    this.installations.set(key, known);
    try {
      return await known;
    } catch (error) {
      this.installations.delete(key);
      signal?.throwIfAborted();
      throw error;
    }
  }

  private async lookUp(app: App, owner: string, repo: string): Promise<number> {
    const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repo)}/installation`;
    const { body } = await this.asApp(app, { path });
    return (body as { id: number }).id;
  }

  private async asApp(app: App, request: Omit<AuthorizedRequest, 'authorization'>): Promise<GitHubAnswer> {
    return this.send(app, { ...request, authorization: `Bearer ${await this.ofApp(app)}` });
  }
}

function appKey({ apiUrl, appId, privateKey }: App): string {
  return createHash('sha256')
    .update(JSON.stringify([apiUrl, appId, privateKey]))
    .digest('base64');
}
