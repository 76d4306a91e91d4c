import createClient, { type Middleware } from 'openapi-fetch';
import { problemFrom } from './problem';
import type { components, paths } from './schema';
import { authorization, refused } from './session';

export type Schemas = components['schemas'];

const withKey: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(authorization())) request.headers.set(name, value);
  },
  onResponse({ response, request }) {
    if (response.status === 401 && !request.url.endsWith('/api/v1/me')) refused();
  },
};

/** Every path, parameter and field is checked by the types that are made of the OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // `status=a&status=b` is what lists of the API read.
  querySerializer: { array: { style: 'form', explode: true } },
});
api.use(withKey);

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** @throws ApiProblem where the answer is an error. */
export async function ask<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemFrom(response.status, error);
  return data as NonNullable<T>;
}

/** For answers without a body. @throws ApiProblem where the answer is an error. */
export async function settle(call: Promise<Answer<unknown>>): Promise<void> {
  const { error, response } = await call;
  if (!response.ok) throw problemFrom(response.status, error);
}

/** For answers that are no JSON, or a body that is none. @throws ApiProblem */
export async function send(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...authorization(), ...(init.headers as Record<string, string> | undefined) };
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401) refused();
  if (!response.ok) throw problemFrom(response.status, await response.json().catch(() => null));
  return response;
}

/** Every item of a list, up to `most`, page after page. */
export async function everything<T>(
  page: (cursor?: string) => Promise<{ items: T[]; next_cursor: string | null }>,
  most = 2000,
): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const { items, next_cursor } = await page(cursor);
    all.push(...items);
    cursor = next_cursor ?? undefined;
  } while (cursor !== undefined && all.length < most);
  return all;
}
