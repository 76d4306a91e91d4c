/** As JSON keeps it: times are RFC 3339. */
export interface StoredLiveness {
  readonly connectedSince?: string | null;
  readonly lastLooked?: string | null;
  readonly lastError?: string | null;
  readonly restarts?: number;
  readonly isDown?: boolean;
}

/** A row of the table `trigger`. */
export interface TriggerRow {
  id: string;
  workflow_id: string;
  type: string;
  name: string;
  origin: 'definition' | 'api';
  config: Record<string, unknown>;
  filter: string | null;
  input: unknown;
  priority: number | null;
  dedup: { key: string | null; ttlMs: number | null } | null;
  mode: 'execute' | 'notify' | null;
  deployment_mode: 'execute' | 'notify' | null;
  is_enabled: boolean;
  start_at: Date | null;
  end_at: Date | null;
  paused_at: Date | null;
  paused_reason: string | null;
  held: string | null;
  revision: number;
  armed_at: Date | null;
  version: number | null;
  /** bigint; null: the workflow names none. */
  retention_ms: string | null;
  last_triggered: Date | null;
  /** Written with the counts. */
  last_looked: Date | null;
  trigger_count: string;
  last_error: string | null;
  liveness: StoredLiveness | null;
  state: unknown;
}

/** A trigger as somebody wants it; what `TriggerRow` has beside this is the server's own. */
export interface TriggerDraft {
  readonly type: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isEnabled: boolean;
  readonly filter: string | null;
  readonly input: unknown;
  readonly priority: number | null;
  readonly dedup: { readonly key: string | null; readonly ttlMs: number | null } | null;
  readonly startAt: string | null;
  readonly endAt: string | null;
  readonly mode: 'execute' | 'notify' | null;
}
