import type { OutgoingResponse } from '../http/outgoing-http.js';

/** Who speaks to GitHub: an App, by a token of its installation, or the owner of a token. */
export type GitHubIdentity = { readonly apiUrl: string } & (
  { readonly appId: string; readonly privateKey: string } | { readonly token: string }
);

/** Whose installation an App acts as: an id, or that of a repository. */
export type Installation = { readonly id: number } | { readonly owner: string; readonly repo: string };

export interface GitHubRequest {
  readonly method?: string;
  /** Below the API's base: `/repos/o/r/issues`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** null: as the App itself, not as one of its installations. */
  readonly as: Installation | null;
  readonly accept?: string;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface GitHubAnswer {
  readonly status: number;
  /** Parsed JSON; text where the answer is none, null where there is nothing. */
  readonly body: unknown;
  readonly headers: OutgoingResponse['headers'];
}

export type AuthorizedRequest = Omit<GitHubRequest, 'as'> & { readonly authorization: string };
