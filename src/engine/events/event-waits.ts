import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { AfterCommit } from '../../common/database/group-commit.js';
import { toJson } from '../../common/database/unnest.js';
import { fitsGlob } from '../../common/text/glob.js';
import { idBounds } from '../../common/ids.js';
import { compileLate } from '../suspension/late-names.js';
import { StepAnswers } from '../suspension/step-answers.service.js';
import { Suspensions, type Suspended, type SuspensionKind } from '../suspension/suspensions.js';
import type { GivenAnswer } from '../suspension/answers.statement.js';
import type { CloudEvent, StoredEvent } from './event.row.js';

/** Of the advisory lock between those who begin to wait (shared) and those who deliver (alone, for a moment). */
export const GATE = 0x6d7207;
/** A step that looks back sees so many of the latest events, at most. */
const MOST_LOOKED_AT = 1_000;
/** Clocks of replicas, which make ids, may differ from the database's by so much; milliseconds. */
const MOST_SKEW_MS = 3_600_000;

interface Wait {
  readonly step_execution_id: string;
  readonly execution_id: string;
  readonly attempt: number;
  readonly type: string;
  readonly match: string | null;
  readonly names: Readonly<Record<string, unknown>> | null;
}

/** What a step asks for: the payload of its suspension. */
type EventRequest = { readonly callback: true } | { readonly type: string; readonly lookback_ms: number };

const ENTER = /* sql */ `SELECT pg_advisory_xact_lock_shared(${GATE})`;
const PASS = /* sql */ `SELECT pg_advisory_xact_lock(${GATE})`;

const OPEN = /* sql */ `
INSERT INTO event_wait (step_execution_id, execution_id, attempt, type, is_pattern, match, names)
SELECT i.step_execution_id, i.execution_id, i.attempt, i.type, strpos(i.type, '*') > 0, i.match, i.names::json
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[])
  AS i(step_execution_id, execution_id, attempt, type, match, names)
ON CONFLICT (step_execution_id) DO UPDATE SET attempt = excluded.attempt, type = excluded.type,
  is_pattern = excluded.is_pattern, match = excluded.match, names = excluded.names`;

const CLOSE = /* sql */ `DELETE FROM event_wait WHERE step_execution_id = ANY($1::uuid[])`;

/** Indexes: event_wait_type, event_wait_pattern. */
const CANDIDATES = /* sql */ `
SELECT step_execution_id, execution_id, attempt, type, match, names FROM event_wait
WHERE NOT is_pattern AND type = ANY($1::text[])
UNION ALL
SELECT step_execution_id, execution_id, attempt, type, match, names FROM event_wait WHERE is_pattern`;

const SINCE = /* sql */ `
SELECT started_at - $2 * interval '1 millisecond' AS since FROM step_execution WHERE id = $1`;

/** The latest, oldest first. Index: event_type; for patterns the primary key. */
const EARLIER = /* sql */ `
SELECT id, event, depth FROM (
  SELECT id, event, depth FROM event
  WHERE ($1::text IS NULL OR type = $1) AND received_at >= $2 AND id >= $3
  ORDER BY id DESC LIMIT ${MOST_LOOKED_AT}) latest
ORDER BY id`;

/** Steps that wait for events. */
@Injectable()
export class EventWaits implements SuspensionKind, OnModuleInit {
  constructor(
    private readonly suspensions: Suspensions,
    private readonly answers: StepAnswers,
  ) {}

  onModuleInit(): void {
    this.suspensions.register('event', this);
  }

  /**
   * Begins to wait, then looks at what has come since the step's start. What comes later finds the wait: whoever
   * delivers it passes the gate first, and so sees every wait that had not seen the event.
   */
  async open(client: PoolClient, steps: readonly Suspended[], afterCommit: AfterCommit): Promise<void> {
    const waits = steps.flatMap((step) => toWait(step));
    if (waits.length === 0) return;
    await client.query(ENTER);
    await client.query(OPEN, [
      waits.map(({ wait }) => wait.step_execution_id),
      waits.map(({ wait }) => wait.execution_id),
      waits.map(({ wait }) => wait.attempt),
      waits.map(({ wait }) => wait.type),
      waits.map(({ wait }) => wait.match),
      waits.map(({ wait }) => toJson(wait.names)),
    ]);
    for (const { wait, lookbackMs } of waits) {
      const found = await lookBack(client, wait, lookbackMs);
      if (found !== undefined) afterCommit(await this.give(client, [answerBy(wait, found)]));
    }
  }

  async close(client: PoolClient, stepExecutionIds: readonly string[]): Promise<void> {
    await client.query(CLOSE, [stepExecutionIds]);
  }

  /** Answers the steps that these events fit, each with the first. @returns what to do after the commit. */
  async deliver(client: PoolClient, events: readonly StoredEvent[]): Promise<() => void> {
    // Released at once: who waits at the gate holds executions that this transaction may want.
    await client.query('SAVEPOINT gate');
    await client.query(PASS);
    await client.query('ROLLBACK TO SAVEPOINT gate');
    const types = [...new Set(events.map(({ event }) => event.type))];
    const { rows } = await client.query<Wait>(CANDIDATES, [types]);
    const answers = rows.flatMap((wait) => {
      const found = events.find(({ event }) => fits(wait, event));
      return found === undefined ? [] : [answerBy(wait, found.event)];
    });
    return answers.length === 0 ? () => undefined : await this.give(client, answers);
  }

  private async give(client: PoolClient, answers: readonly GivenAnswer[]): Promise<() => void> {
    const { taken, afterCommit } = await this.answers.giveWithin(client, answers);
    if (taken.size > 0) await client.query(CLOSE, [[...taken]]);
    return afterCommit;
  }
}

function toWait(step: Suspended): { wait: Wait; lookbackMs: number }[] {
  const request = step.request.payload as EventRequest;
  if ('callback' in request) return [];
  const { source = null, names = null } = step.request.late?.['match'] ?? {};
  const { stepExecutionId: step_execution_id, executionId: execution_id, attempt } = step;
  const wait = { step_execution_id, execution_id, attempt, type: request.type, match: source, names };
  return [{ wait, lookbackMs: request.lookback_ms }];
}

async function lookBack(client: PoolClient, wait: Wait, lookbackMs: number): Promise<CloudEvent | undefined> {
  const values = [wait.step_execution_id, lookbackMs];
  const since = (await client.query<{ since: Date | null }>(SINCE, values)).rows[0]?.since ?? new Date();
  const from = idBounds(Math.max(0, since.getTime() - MOST_SKEW_MS)).lowest;
  const type = wait.type.includes('*') ? null : wait.type;
  const { rows } = await client.query<StoredEvent>(EARLIER, [type, since, from]);
  return rows.find(({ event }) => fits(wait, event))?.event;
}

/** An event over which the expression fails does not fit. */
function fits({ type, match, names }: Wait, event: CloudEvent): boolean {
  if (!fitsGlob(type, event.type)) return false;
  if (match === null) return true;
  try {
    const seen = names ?? {};
    return compileLate(match, Object.keys(seen)).evaluate({ ...seen, event }) === true;
  } catch {
    return false;
  }
}

function answerBy(wait: Wait, event: CloudEvent): GivenAnswer {
  const { execution_id: executionId, step_execution_id: stepExecutionId, attempt } = wait;
  return { executionId, stepExecutionId, attempt, value: event };
}
