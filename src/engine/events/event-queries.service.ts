import { Injectable } from '@nestjs/common';
import { scopeOwner } from '../../common/api/owner.js';
import type { Caller } from '../../common/api/requires.js';
import { Database } from '../../common/database/database.js';
import { decodeIdCursor, pageOf, type Page } from '../../common/page.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import type { EventDto, EventsQuery } from './event.dto.js';
import type { CloudEvent } from './event.row.js';

interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly event: CloudEvent;
  readonly execution_id: string | null;
  readonly received_at: Date;
}

/** Newest first. Indexes: event_type; without a type, or with a pattern, the primary key. */
const LIST = /* sql */ `
SELECT id, event, execution_id, received_at FROM event
WHERE ($1::text IS NULL OR type = $1) AND ($2::text IS NULL OR type LIKE $2) AND ($3::text IS NULL OR source = $3)
  AND ($4::uuid[] IS NULL OR workflow_id IS NULL OR workflow_id = ANY($4)) AND ($5::uuid IS NULL OR id < $5)
ORDER BY id DESC LIMIT $6`;

@Injectable()
export class EventQueries {
  constructor(
    private readonly database: Database,
    private readonly workflows: WorkflowDirectory,
  ) {}

  /** Who is bound to an owner does not see what other owners' workflows have emitted. */
  async list({ type, source, limit, cursor }: EventsQuery, caller: Caller): Promise<Page<EventDto>> {
    const owner = scopeOwner(caller);
    const isPattern = type?.includes('*') ?? false;
    const values = [
      isPattern ? null : (type ?? null),
      isPattern ? likePattern(type ?? '') : null,
      source ?? null,
      owner === null ? null : await this.workflows.idsOf(owner),
      decodeIdCursor(cursor),
      limit + 1,
    ];
    const rows = await this.database.query<Row>(LIST, values);
    return pageOf(rows, limit, ({ id }) => id, toDto);
  }
}

const likePattern = (glob: string): string => glob.replace(/[\\%_]/g, '\\$&').replaceAll('*', '%');

function toDto({ id: record_id, event, execution_id, received_at }: Row): EventDto {
  return { ...event, record_id, execution_id, received_at: received_at.toISOString() };
}
