import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../common/config/app-config.js';
import { newId } from '../../common/ids.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { OWN_EVENTS } from '../../nodes/event-outlet.contract.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import { EventListeners } from './event-listeners.js';
import type { NewEvent } from './event.row.js';
import { recordEvents } from './events.statement.js';

/** Larger outputs are left out; characters of JSON. */
const MOST_OUTPUT = 65_536;

interface Ended {
  readonly id: string;
  readonly workflow_id: string;
  readonly version: number;
  readonly status: string;
  readonly attempt: number;
  readonly trigger_type: string;
  readonly end_time: Date;
  readonly error: unknown;
  readonly output: string | null;
}

/** Passes of a loop are parts of an execution; a test run starts nothing. Index: the primary key. */
const READ = /* sql */ `
SELECT id, workflow_id, version, status, attempt, trigger_type, coalesce(end_time, now()) AS end_time, error,
  output::text AS output
FROM execution WHERE id = ANY($1::uuid[]) AND pass IS NULL AND trigger_type <> '${TEST_TRIGGER}'`;

/** The engine's own events: `millrace.execution.completed`, `.failed`, `.cancelled`, `.timed_out`. */
@Injectable()
export class OwnEvents {
  constructor(
    private readonly listeners: EventListeners,
    private readonly timers: Timers,
    private readonly config: AppConfig,
  ) {}

  /** Recorded with the end itself, and only where a trigger listens: without one this runs no query. */
  async ended(client: PoolClient, ended: readonly { readonly id: string; readonly status: string }[]): Promise<void> {
    const wanted = ended.filter(({ status }) => this.listeners.isWanted(typeOf(status)));
    if (wanted.length === 0) return;
    const { rows } = await client.query<Ended>(READ, [wanted.map(({ id }) => id)]);
    if (rows.length > 0) await recordEvents(client, this.timers, this.config.retentionMs, rows.map(toEvent));
  }
}

const typeOf = (status: string): string => `${OWN_EVENTS}execution.${status}`;

function toEvent(row: Ended): NewEvent {
  const { id: execution_id, workflow_id, version, status, attempt, trigger_type, error } = row;
  const output = row.output !== null && row.output.length <= MOST_OUTPUT ? (JSON.parse(row.output) as unknown) : null;
  const data = { execution_id, workflow_id, version, status, attempt, trigger_type, error, output };
  return {
    id: newId(),
    origin: { executionId: execution_id, workflowId: workflow_id },
    event: {
      specversion: '1.0',
      id: `${execution_id}:${attempt}:${status}`,
      source: `/workflows/${workflow_id}`,
      type: typeOf(status),
      subject: execution_id,
      time: row.end_time.toISOString(),
      datacontenttype: 'application/json',
      data,
    },
  };
}
