import { setTimeout as pause } from 'node:timers/promises';
import { type CliError, type Fault, RefusedError, UnreachableError } from '../cli.errors.js';
import type { Connection } from './connection.js';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Call {
  readonly method?: string;
  readonly query?: Query;
  /** Sent as JSON; a text goes as YAML. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly etag: string | null;
}

export interface Page<T> {
  readonly items: T[];
  readonly next_cursor: string | null;
}

const MOST_REFUSALS = 3;
const LONGEST_PAUSE_S = 60;

/** Calls the HTTP API. Every answer that is no success is an error that knows its exit code. */
export class ApiClient {
  constructor(private readonly connection: Connection) {}

  get url(): string {
    return this.connection.url;
  }

  async get<T>(path: string, query?: Query): Promise<T> {
    return (await this.call<T>(path, { query })).body;
  }

  async post<T>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<T> {
    return (await this.call<T>(path, { method: 'POST', body, headers })).body;
  }

  /** @returns null where there is no such resource. */
  async find<T>(path: string): Promise<Answer<T> | null> {
    try {
      return await this.call<T>(path);
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return null;
      throw error;
    }
  }

  async call<T>(path: string, call: Call = {}): Promise<Answer<T>> {
    const response = await this.open(path, call);
    const text = await response.text().catch((cause: unknown) => {
      throw new UnreachableError(this.url, reasonOf(cause));
    });
    const body = (text === '' ? null : this.parse(text)) as T;
    return { status: response.status, body, etag: response.headers.get('etag') };
  }

  /** A successful answer whose body is still to be read. A call that comes too soon is made again when it may be. */
  async open(path: string, call: Call): Promise<Response> {
    for (let refusals = 0; ; refusals++) {
      const response = await this.send(path, call);
      if (response.ok) return response;
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      const isLater = response.status === 429 && refusals < MOST_REFUSALS && seconds <= LONGEST_PAUSE_S;
      if (!isLater) throw await this.refusal(response);
      await response.body?.cancel();
      await pause(seconds * 1_000);
    }
  }

  private async send(path: string, { method = 'GET', query, body, headers, signal }: Call): Promise<Response> {
    const { url, apiKey } = this.connection;
    const all = new Headers({ accept: 'application/json', 'user-agent': 'millrace-cli', ...headers });
    if (apiKey !== null) all.set('authorization', `Bearer ${apiKey}`);
    if (body !== undefined) all.set('content-type', `application/${typeof body === 'string' ? 'yaml' : 'json'}`);
    const content = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    try {
      return await fetch(`${url}/api/v1${path}${queryText(query)}`, { method, headers: all, body: content, signal });
    } catch (cause) {
      throw new UnreachableError(url, reasonOf(cause));
    }
  }

  private async refusal(response: Response): Promise<CliError> {
    const text = await response.text().catch(() => '');
    const problem = this.parse(text === '' ? '{}' : text) as Partial<Problem>;
    const detail = problem.detail ?? problem.title ?? `${response.status} ${response.statusText}`;
    return new RefusedError(response.status, problem.code ?? 'http_error', detail, problem.errors ?? [], problem);
  }

  private parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new UnreachableError(this.url, 'what answers there is no Millrace');
    }
  }
}

interface Problem {
  readonly title: string;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
}

/** One segment of a path. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

function queryText(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

function reasonOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (inner instanceof AggregateError) return reasonOf(inner.errors[0]);
  return inner instanceof Error ? inner.message : String(inner);
}
