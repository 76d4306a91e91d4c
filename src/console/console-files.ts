import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What Vite writes where a nonce belongs. */
const NONCE_MARK = '__CSP_NONCE__';
/** From `dist/src/console`, and from the sources as tests run them. */
const PLACES = ['../../console', '../../dist/console'].map((path) => join(import.meta.dirname, path));

/** Scripts and data from this server only. Styles too, and those that a library adds with the nonce of this answer. */
function policy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export interface ConsolePage {
  readonly html: string;
  readonly policy: string;
}

/** The built console. */
export class ConsoleFiles {
  private readonly page: string;

  private constructor(private readonly folder: string) {
    this.page = readFileSync(join(folder, 'index.html'), 'utf8');
  }

  /** @returns null where the console was not built. */
  static find(places: readonly string[] = PLACES): ConsoleFiles | null {
    const folder = places.find((path) => existsSync(join(path, 'index.html')));
    return folder === undefined ? null : new ConsoleFiles(folder);
  }

  /** Named by the hash of their content, so that they never change. */
  get assets(): string {
    return join(this.folder, 'assets');
  }

  /** The one page, with a nonce that no other answer has. */
  render(): ConsolePage {
    const nonce = randomBytes(16).toString('base64url');
    return { html: this.page.replaceAll(NONCE_MARK, nonce), policy: policy(nonce) };
  }
}
