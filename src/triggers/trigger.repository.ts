import { Injectable } from '@nestjs/common';
import { Database, type SqlClient } from '../common/database/database.js';
import { newId } from '../common/ids.js';
import type { StoredLiveness, TriggerDraft, TriggerRow } from './trigger.row.js';

/** What a deployment lends to the triggers that it arms. */
export interface ForceOfTriggers {
  readonly version: number;
  readonly mode: 'execute' | 'notify' | null;
  /** Why the workflow holds them; null: it does not. */
  readonly held: string | null;
  /** How long the workflow keeps its history; null: it does not say. */
  readonly retentionMs: number | null;
}

/** How the timer of a trigger does. */
export interface TriggerTimerState {
  readonly due_at: Date;
  /** How often in a row its follow-up has failed. */
  readonly failures: number;
  readonly last_error: string | null;
}

/** What has come before a trigger since it was last written. */
export interface TriggerCount {
  readonly id: string;
  readonly fired: number;
  readonly lastFired: Date | null;
  readonly lastLooked: Date;
}

const SELECT = `SELECT t.* FROM trigger t`;

const UPSERT = `
INSERT INTO trigger (id, workflow_id, type, name, origin, config, filter, input, priority, dedup, mode, is_enabled, start_at, end_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (workflow_id, name) DO UPDATE SET type = excluded.type, origin = excluded.origin, config = excluded.config,
  filter = excluded.filter, input = excluded.input, priority = excluded.priority, dedup = excluded.dedup,
  mode = excluded.mode, is_enabled = excluded.is_enabled, start_at = excluded.start_at, end_at = excluded.end_at,
  revision = trigger.revision + 1, updated_at = now()
RETURNING *`;

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

@Injectable()
export class TriggerRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<TriggerRow | undefined> {
    const rows = await this.database.query<TriggerRow>(`${SELECT} WHERE t.id = $1`, [id]);
    return rows[0];
  }

  async ofWorkflow(workflowId: string, client: SqlClient = this.database.pool): Promise<TriggerRow[]> {
    return (await client.query<TriggerRow>(`${SELECT} WHERE t.workflow_id = $1 ORDER BY t.id`, [workflowId])).rows;
  }

  async byIds(client: SqlClient, ids: readonly string[]): Promise<TriggerRow[]> {
    return (await client.query<TriggerRow>(`${SELECT} WHERE t.id = ANY($1)`, [ids])).rows;
  }

  /** Locks the trigger against edits that run at once. */
  async lock(client: SqlClient, id: string): Promise<TriggerRow | undefined> {
    return (await client.query<TriggerRow>(`${SELECT} WHERE t.id = $1 FOR UPDATE`, [id])).rows[0];
  }

  /** Locks them in the order of their ids. */
  async lockAll(client: SqlClient, ids: readonly string[]): Promise<void> {
    await client.query(`SELECT FROM trigger WHERE id = ANY($1) ORDER BY id FOR UPDATE`, [ids]);
  }

  /**
   * Shared, and beside what counts and cursors write; whoever edits, pauses or withdraws one waits, and is waited for. In the
   * order of their ids.
   */
  async holdInForce(client: SqlClient, ids: readonly string[]): Promise<{ id: string; revision: number }[]> {
    const { rows } = await client.query<{ id: string; revision: number }>(
      `SELECT id, revision FROM trigger WHERE id = ANY($1) AND armed_at IS NOT NULL ORDER BY id FOR KEY SHARE`,
      [ids],
    );
    return rows;
  }

  async inForce(types: readonly string[]): Promise<{ id: string; revision: number }[]> {
    return this.database.query(`SELECT id, revision FROM trigger WHERE armed_at IS NOT NULL AND type = ANY($1)`, [
      types,
    ]);
  }

  /** @param workflowIds null: of all workflows. */
  async allInForce(limit: number, workflowIds: readonly string[] | null): Promise<TriggerRow[]> {
    return this.database.query<TriggerRow>(
      `${SELECT} WHERE t.armed_at IS NOT NULL AND ($2::uuid[] IS NULL OR t.workflow_id = ANY($2))
       ORDER BY t.id DESC LIMIT $1`,
      [limit, workflowIds],
    );
  }

  /** Inserts it, or changes the one of this name, which keeps its id, its cursor and its ledger. */
  async save(
    client: SqlClient,
    workflowId: string,
    origin: TriggerRow['origin'],
    draft: TriggerDraft,
  ): Promise<TriggerRow> {
    const { rows } = await client.query<TriggerRow>(UPSERT, [newId(), workflowId, ...columnsOf(origin, draft)]);
    return rows[0] as TriggerRow;
  }

  async put(client: SqlClient, id: string, draft: TriggerDraft): Promise<TriggerRow> {
    const { rows } = await client.query<TriggerRow>(
      `UPDATE trigger SET config = $2, name = $3, filter = $4, input = $5, priority = $6, dedup = $7, mode = $8,
         is_enabled = $9, start_at = $10, end_at = $11, revision = revision + 1, updated_at = now()
       WHERE id = $1 RETURNING *`,
      [id, json(draft.config), draft.name, ...columnsOf('api', draft).slice(4)],
    );
    return rows[0] as TriggerRow;
  }

  async setArmed(client: SqlClient, ids: readonly string[], force: ForceOfTriggers): Promise<void> {
    await client.query(
      `UPDATE trigger SET armed_at = coalesce(armed_at, now()), version = $2, deployment_mode = $3, held = $4,
         retention_ms = $5, revision = revision + 1 WHERE id = ANY($1)`,
      [ids, force.version, force.mode, force.held, force.retentionMs],
    );
  }

  async setDisarmed(client: SqlClient, ids: readonly string[]): Promise<void> {
    await client.query(
      `UPDATE trigger SET armed_at = NULL, liveness = NULL, is_down = false, revision = revision + 1 WHERE id = ANY($1)`,
      [ids],
    );
  }

  async setPaused(client: SqlClient, id: string, reason: string | null): Promise<TriggerRow | undefined> {
    const { rows } = await client.query<TriggerRow>(
      `UPDATE trigger SET paused_at = CASE WHEN $2::text IS NULL THEN NULL ELSE coalesce(paused_at, now()) END,
         paused_reason = $2, revision = revision + 1 WHERE id = $1 RETURNING *`,
      [id, reason],
    );
    return rows[0];
  }

  async setHeld(client: SqlClient, workflowId: string, held: string | null): Promise<void> {
    await client.query(
      `UPDATE trigger SET held = $2, revision = revision + 1 WHERE workflow_id = $1 AND held IS DISTINCT FROM $2`,
      [workflowId, held],
    );
  }

  async remove(client: SqlClient, ids: readonly string[]): Promise<void> {
    await client.query(`DELETE FROM trigger WHERE id = ANY($1)`, [ids]);
  }

  /** Adds what this replica has counted; one statement for all triggers. */
  async addCounts(counts: readonly TriggerCount[]): Promise<void> {
    await this.database.query(
      `UPDATE trigger t SET trigger_count = t.trigger_count + c.fired,
         last_triggered = greatest(t.last_triggered, c.last_fired), last_looked = greatest(t.last_looked, c.last_looked)
       FROM (SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::timestamptz[])
               AS c(id, fired, last_fired, last_looked) ORDER BY id) c
       WHERE t.id = c.id`,
      [
        counts.map(({ id }) => id),
        counts.map(({ fired }) => fired),
        counts.map(({ lastFired }) => lastFired),
        counts.map(({ lastLooked }) => lastLooked),
      ],
    );
  }

  async states(ids: readonly string[]): Promise<Map<string, unknown>> {
    const rows = await this.database.query<{ id: string; state: unknown }>(
      `SELECT id, state FROM trigger WHERE id = ANY($1)`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row.state]));
  }

  /** The text decides: what was read is what was written. Out of force nothing moves. */
  async moveState(
    client: SqlClient,
    id: string,
    before: unknown,
    after: unknown,
    revision: number | null,
  ): Promise<boolean> {
    const { rowCount } = await client.query(
      `UPDATE trigger SET state = $3 WHERE id = $1 AND state::text IS NOT DISTINCT FROM $2
         AND armed_at IS NOT NULL AND ($4::int IS NULL OR revision = $4)`,
      [id, json(before), json(after), revision],
    );
    return rowCount === 1;
  }

  /** What the replicas that look after them tell of triggers; one statement for all. */
  async setLiveness(ids: readonly string[], values: readonly StoredLiveness[]): Promise<void> {
    await this.database.query(
      `UPDATE trigger t SET liveness = l.value::json, is_down = l.is_down
       FROM (SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS l(id, value, is_down) ORDER BY id) l
       WHERE t.id = l.id`,
      [ids, values.map(json), values.map(({ isDown }) => isDown ?? false)],
    );
  }

  /** Those that their types call down, and those whose timers fail. Indexes: trigger_down, timer_failing. */
  async countDown(): Promise<number> {
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT id FROM trigger WHERE is_down AND armed_at IS NOT NULL
         UNION SELECT subject_id FROM timer WHERE kind = 'trigger' AND failures > 0) AS down`,
    );
    return rows[0]?.count ?? 0;
  }

  async timers(ids: readonly string[]): Promise<Map<string, TriggerTimerState>> {
    const rows = await this.database.query<TriggerTimerState & { subject_id: string }>(
      `SELECT subject_id, coalesce((payload->>'next_due')::timestamptz, due_at) AS due_at, failures, last_error
       FROM timer WHERE kind = 'trigger' AND key = '' AND subject_id = ANY($1)`,
      [ids],
    );
    return new Map(rows.map((row) => [row.subject_id, row]));
  }

  /** In force and without a timer of their own. A look at all of them: for a chore. */
  async withoutTimer(types: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT t.id FROM trigger t
       WHERE t.armed_at IS NOT NULL AND t.type = ANY($1)
         AND NOT EXISTS (SELECT FROM timer r WHERE r.kind = 'trigger' AND r.subject_id = t.id AND r.key = '')`,
      [types],
    );
    return rows.map(({ id }) => id);
  }
}

function columnsOf(origin: string, draft: TriggerDraft): unknown[] {
  return [
    draft.type,
    draft.name,
    origin,
    json(draft.config),
    draft.filter,
    json(draft.input),
    draft.priority,
    json(draft.dedup),
    draft.mode,
    draft.isEnabled,
    draft.startAt,
    draft.endAt,
  ];
}
