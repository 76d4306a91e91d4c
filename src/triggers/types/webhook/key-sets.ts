import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import type { OutgoingHttp } from '../../../common/http/outgoing-http.js';

const MOST_KEPT = 1_000;

/** Public keys of token issuers, fetched by the guarded way out and kept; jose fetches again when a key is unknown. */
export class KeySets {
  private readonly kept = new Map<string, JWTVerifyGetKey>();

  constructor(private readonly http: OutgoingHttp) {}

  of(url: string): JWTVerifyGetKey {
    const known = this.kept.get(url);
    if (known !== undefined) return known;
    const keys = createRemoteJWKSet(new URL(url), {
      [customFetch]: (address, { signal }) => this.fetch(address, signal),
    });
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    this.kept.set(url, keys);
    return keys;
  }

  private async fetch(url: string, signal: AbortSignal): Promise<Response> {
    const { status, body } = await this.http.request({ url, signal, timeoutMs: 5_000, maxBytes: 1_048_576 });
    return new Response(new Uint8Array(body), { status, headers: { 'content-type': 'application/json' } });
  }
}
