import type { Liveness } from './trigger.contract.js';
import type { TriggerRow } from './trigger.row.js';
import type { TriggerTimerState } from './trigger.repository.js';
import type { Occurrence } from './occurrences/occurrence.row.js';

export interface TriggerHealth {
  status: 'healthy' | 'degraded' | 'unhealthy' | 'paused';
  armed_since: string | null;
  connected_since: string | null;
  last_looked: string | null;
  last_fired: string | null;
  next_due: string | null;
  last_error: string | null;
  restarts: number;
}

export interface TriggerView {
  id: string;
  workflow_id: string;
  type: string;
  name: string;
  origin: string;
  config: Record<string, unknown>;
  filter: string | null;
  input: unknown;
  priority: number | null;
  dedup: { key: string | null; ttl: number | null } | null;
  mode: string | null;
  is_enabled: boolean;
  is_armed: boolean;
  start_at: string | null;
  end_at: string | null;
  paused_reason: string | null;
  last_triggered: string | null;
  trigger_count: number;
  next_due: string | null;
  /** What the type has seen last, where it keeps that. */
  state: unknown;
  health: TriggerHealth;
}

export interface OccurrenceView {
  id: string;
  trigger_id: string;
  workflow_id: string;
  occurred_at: string;
  scheduled_for: string | null;
  dedup_key: string | null;
  outcome: string;
  reason: { code: string; detail: string | null } | null;
  execution_id: string | null;
  payload: unknown;
  replay_of: string | null;
}

const iso = (date: Date | null | undefined): string | null => date?.toISOString() ?? null;

/** Written alike, in UTC, times are ordered as their texts are. */
function latest(...times: readonly (string | null | undefined)[]): string | null {
  return times.reduce<string | null>((last, time) => ((time ?? '') > (last ?? '') ? (time ?? null) : last), null);
}

export const HIDDEN = '***';
const SECRET_FIELDS = new Set(['password', 'token', 'value', 'key', 'secret', 'secrets']);

export function triggerView(row: TriggerRow, health: TriggerHealth, state: unknown): TriggerView {
  return {
    id: row.id,
    workflow_id: row.workflow_id,
    type: row.type,
    name: row.name,
    origin: row.origin,
    config: withoutSecrets(row.config),
    filter: row.filter,
    input: row.input ?? null,
    priority: row.priority,
    dedup:
      row.dedup === null ? null : { key: row.dedup.key, ttl: row.dedup.ttlMs === null ? null : row.dedup.ttlMs / 1000 },
    mode: row.mode,
    is_enabled: row.is_enabled,
    is_armed: row.armed_at !== null,
    start_at: iso(row.start_at),
    end_at: iso(row.end_at),
    paused_reason: row.paused_at === null ? row.held : (row.paused_reason ?? 'paused'),
    last_triggered: iso(row.last_triggered),
    trigger_count: Number(row.trigger_count),
    next_due: health.next_due,
    state,
    health,
  };
}

export function healthOf(
  row: TriggerRow,
  live: Partial<Liveness>,
  timer: TriggerTimerState | undefined,
  /** It should be in memory and is not. */
  isMissing: boolean,
): TriggerHealth {
  const shared = row.liveness ?? {};
  const failures = timer?.failures ?? 0;
  const lastError = (failures > 0 ? timer?.last_error : null) ?? shared.lastError ?? live.lastError ?? row.last_error;
  const isPaused = row.paused_at !== null || row.held !== null;
  const isDown = isMissing || failures > 0 || shared.isDown === true || live.isDown === true;
  return {
    status: isPaused ? 'paused' : isDown ? 'unhealthy' : lastError === null ? 'healthy' : 'degraded',
    armed_since: iso(row.armed_at),
    connected_since: shared.connectedSince ?? iso(live.connectedSince),
    last_looked: latest(shared.lastLooked, iso(live.lastLooked), iso(row.last_looked)),
    last_fired: iso(live.lastFired ?? row.last_triggered),
    next_due: iso(timer?.due_at),
    last_error: lastError,
    restarts: Math.max(shared.restarts ?? live.restarts ?? 0, failures),
  };
}

export function occurrenceView(row: Occurrence): OccurrenceView {
  const { reason_code: code, reason_detail: detail, ...rest } = row;
  return {
    ...rest,
    occurred_at: row.occurred_at.toISOString(),
    scheduled_for: iso(row.scheduled_for),
    reason: code === null ? null : { code, detail },
  };
}

/** Secrets written out in `auth` are shown to nobody; references to secrets are. */
function withoutSecrets(config: Record<string, unknown>): Record<string, unknown> {
  const auth = config['auth'];
  if (typeof auth !== 'object' || auth === null) return config;
  const hide = (value: unknown): unknown => (typeof value === 'string' && value.includes('{{') ? value : HIDDEN);
  const entries = Object.entries(auth).map(([name, value]: [string, unknown]) => {
    if (!SECRET_FIELDS.has(name)) return [name, value];
    return [name, Array.isArray(value) ? value.map(hide) : hide(value)];
  });
  return { ...config, auth: Object.fromEntries(entries) as unknown };
}

/** An edit that brings back what `withoutSecrets` showed keeps what was there. */
export function keepSecrets(edited: Record<string, unknown>, stored: Record<string, unknown>): Record<string, unknown> {
  const auth = edited['auth'];
  const old = stored['auth'] as Record<string, unknown> | undefined;
  if (typeof auth !== 'object' || auth === null || old === undefined) return edited;
  const entries = Object.entries(auth).map(([name, value]: [string, unknown]) => {
    const isHidden = value === HIDDEN || (Array.isArray(value) && value.every((one) => one === HIDDEN));
    return [name, isHidden ? old[name] : value];
  });
  return { ...edited, auth: Object.fromEntries(entries) as unknown };
}
