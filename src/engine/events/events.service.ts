import { Injectable } from '@nestjs/common';
import { AppConfig } from '../../common/config/app-config.js';
import { Clock } from '../../common/clock.js';
import { GroupCommit, type BatchStatement } from '../../common/database/group-commit.js';
import { newId } from '../../common/ids.js';
import { Redactor } from '../../common/logging/redactor.js';
import { Timers } from '../../common/timers/timer.contract.js';
import { EventOutlet, type EmittedEvent } from '../../nodes/event-outlet.contract.js';
import type { CallKey } from '../start/keyed-calls.js';
import type { CloudEvent } from './event.row.js';
import { eventsStatement, type RecordedEvents, type SentEvents } from './events.statement.js';

export interface AcceptedEvents {
  readonly accepted: number;
  /** Known already by source and id, or sent by an earlier call with the same key. */
  readonly duplicates: number;
  /** The events' own ids, in the order given. */
  readonly ids: readonly string[];
}

/** Takes events: recorded once by source and id, delivered after the commit. */
@Injectable()
export class Events extends EventOutlet {
  private readonly statement: BatchStatement<SentEvents, RecordedEvents>;

  constructor(
    private readonly commit: GroupCommit,
    private readonly clock: Clock,
    private readonly redactor: Redactor,
    timers: Timers,
    config: AppConfig,
  ) {
    super();
    this.statement = eventsStatement(timers, config.retentionMs);
  }

  /** Events from outside; of calls with one key the first counts. Resolves after the commit. @throws DatabaseUnavailableError 503 */
  async accept(events: readonly CloudEvent[], call: CallKey | null = null): Promise<AcceptedEvents> {
    const rows = events.map((event) => ({ id: newId(), event, origin: null }));
    const { isNew, earlier } = await this.commit.submit(this.statement, { events: rows, call });
    if (earlier !== null) return { accepted: 0, duplicates: earlier.length, ids: earlier };
    const accepted = isNew.filter(Boolean).length;
    return { accepted, duplicates: events.length - accepted, ids: events.map(({ id }) => id) };
  }

  override async emit({ executionId, workflowId, subject, data, ...rest }: EmittedEvent): Promise<boolean> {
    const time = this.clock.date().toISOString();
    const event: CloudEvent = {
      specversion: '1.0',
      ...rest,
      time,
      ...(subject !== null && { subject }),
      datacontenttype: 'application/json',
      data,
    };
    // It is stored, and read by others: no secret may be in it.
    const row = { id: newId(), event: this.redactor.value(event) as CloudEvent, origin: { executionId, workflowId } };
    const { isNew } = await this.commit.submit(this.statement, { events: [row], call: null });
    return isNew[0] === true;
  }
}
