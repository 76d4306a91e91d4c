import type { Connections } from '../../../common/connections/connections.js';
import { parseDuration } from '../../../common/duration.js';
import type { OutgoingHttp, OutgoingResponse } from '../../../common/http/outgoing-http.js';
import type { SqlClients } from '../../../common/sql/sql-clients.js';
import type { TriggerHost } from '../../trigger.contract.js';
import type { ConditionConfig, ConditionHttp, ConditionSql } from './condition.dto.js';

/** Of a polled answer, bytes. */
const MOST_BYTES = 1_048_576;
const MOST_ROWS = 1_000;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_WINDOW_MS = 3_600_000;
const JSON_TYPE = /^(application|text)\/([\w.-]+\+)?json\b/i;

/** What a condition's expression may see, by source. */
export interface Observed {
  readonly http?: { status_code: number; headers: Record<string, string>; body: unknown };
  readonly sql?: { rows: readonly Readonly<Record<string, unknown>>[]; row_count: number };
  readonly metrics?: Readonly<Record<string, unknown>>;
}

export const SOURCES = ['http', 'sql', 'metrics'] as const;

/** The longest that a look at the sources may take, milliseconds. */
export function patienceOf({ http, sql }: ConditionConfig): number {
  const longest = [http, sql].map((source) => (source === undefined ? 0 : timeoutOf(source)));
  return Math.max(DEFAULT_TIMEOUT_MS, ...longest);
}

/** Looks at the sources that a condition names. */
export class Observer {
  constructor(
    private readonly host: TriggerHost,
    private readonly outgoing: OutgoingHttp,
    private readonly connections: Connections,
    private readonly clients: SqlClients,
  ) {}

  /** @throws when a source cannot be read */
  async look({ http, sql, metrics }: ConditionConfig, signal: AbortSignal): Promise<Observed> {
    const [answer, rows, figures] = await Promise.all([
      http === undefined ? undefined : this.poll(http, signal),
      sql === undefined ? undefined : this.ask(sql, signal),
      metrics === undefined ? undefined : this.host.figures(windowOf(metrics)),
    ]);
    return {
      ...(answer !== undefined && { http: answer }),
      ...(rows !== undefined && { sql: rows }),
      ...(figures !== undefined && { metrics: figures }),
    };
  }

  /** Any answer is one, whatever its status: that the other side fails may be the very condition. */
  private async poll(config: ConditionHttp, signal: AbortSignal): Promise<Observed['http']> {
    const filled = await this.host.fill({ url: config.url, headers: config.headers ?? {}, body: config.body ?? null });
    const { url, headers, body } = filled as { url: string; headers: Record<string, unknown>; body: unknown };
    const method = config.method.toUpperCase();
    const isText = typeof body === 'string';
    const response = await this.outgoing.request({
      url,
      method,
      headers: {
        ...(method === 'POST' && !isText && body !== null && { 'content-type': 'application/json' }),
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, textOf(value)])),
      },
      body: method !== 'POST' || body === null ? null : isText ? body : JSON.stringify(body),
      secretHeaders: Object.keys(headers),
      timeoutMs: timeoutOf(config),
      maxBytes: MOST_BYTES,
      signal,
    });
    return { status_code: response.status, headers: Object.fromEntries(response.headers), body: bodyOf(response) };
  }

  private async ask(config: ConditionSql, signal: AbortSignal): Promise<Observed['sql']> {
    const client = this.clients.of(await this.connections.get(config.connection, 'database'));
    const [result] = await client.run({
      statements: [{ sql: config.query, params: config.params }],
      mode: 'read',
      maxRows: MOST_ROWS,
      timeoutMs: timeoutOf(config),
      signal,
    });
    return { rows: result?.rows ?? [], row_count: result?.rowCount ?? 0 };
  }
}

function timeoutOf({ timeout }: ConditionHttp | ConditionSql): number {
  return parseDuration(timeout) ?? DEFAULT_TIMEOUT_MS;
}

function windowOf(metrics: NonNullable<ConditionConfig['metrics']>): number {
  return metrics === true ? DEFAULT_WINDOW_MS : (parseDuration(metrics.window) ?? DEFAULT_WINDOW_MS);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** JSON where the header says so and the body is some; text otherwise; null when it is empty. */
function bodyOf({ body, headers }: OutgoingResponse): unknown {
  if (body.length === 0) return null;
  const text = body.toString('utf8');
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
