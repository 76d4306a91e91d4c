import { Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression, Interval } from '@nestjs/schedule';
import type { PoolClient } from 'pg';
import { Database } from '../database/database.js';
import { isConnectionLoss } from '../database/pg-errors.js';
import type { EndedNote } from './ended-notes.js';
import { ALL_WORKFLOWS, READ_TALLIES, REMOVE_OLD, TAKE_NOTES, TRY_LOCK, WRITE_TALLIES } from './roll-up.statements.js';
import { KEPT_MS, UNIT_MS, type Unit } from './spans.js';
import { add, byStepType, sumOf, type Tally } from './tally.js';

const EVERY_MS = 5_000;
/** Adding up a batch holds up all else for some milliseconds. */
const NOTES_A_BATCH = 250;
const CHORE_LOCK = 0x6d7204;
const UNITS: readonly Unit[] = ['minute', 'hour', 'day'];

interface Cell {
  readonly workflowId: string;
  readonly unit: Unit;
  /** Milliseconds. */
  readonly at: number;
  readonly tally: Tally;
}

/**
 * Adds up what ended, by workflow and for all of them, by minute, hour and day. A note is taken away by the transaction that
 * adds it: it counts once, whatever crashes. Readers add what is only noted themselves, so this may be late.
 */
@Injectable()
export class RollUp {
  private readonly logger = new Logger('Statistics');
  private running = false;

  constructor(private readonly database: Database) {}

  @Interval(EVERY_MS)
  async tick(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await this.keepUp();
    } catch (error) {
      // Nothing is lost: the notes are still there.
      if (!isConnectionLoss(error)) this.logger.warn({ message: 'could not add up the statistics', err: error });
    } finally {
      this.running = false;
    }
  }

  /** Takes all notes there are, batch by batch; leaves off when another replica is at it. */
  async keepUp(): Promise<void> {
    while ((await this.addBatch()) === NOTES_A_BATCH);
  }

  @Cron(CronExpression.EVERY_HOUR)
  async removeOld(): Promise<void> {
    for (const unit of UNITS) {
      const keptMs = KEPT_MS[unit];
      if (keptMs !== Infinity) await this.database.query(REMOVE_OLD, [unit, keptMs]);
    }
  }

  /** @returns how many notes it took. */
  private async addBatch(): Promise<number> {
    return await this.database.transaction(async (client) => {
      const { rows: held } = await client.query<{ mine: boolean }>(TRY_LOCK, [CHORE_LOCK]);
      if (held[0]?.mine !== true) return 0;
      const { rows } = await client.query<{ notes: EndedNote[] }>(TAKE_NOTES, [NOTES_A_BATCH]);
      if (rows.length > 0) await addTo(client, cellsOf(rows.flatMap(({ notes }) => notes)));
      return rows.length;
    });
  }
}

/** Each note is looked at once: hours are added up from minutes, days from hours. */
function cellsOf(notes: readonly EndedNote[]): Cell[] {
  let own = notes.map(({ workflow_id: workflowId, at, tally }): Cell => ({ workflowId, unit: 'minute', at, tally }));
  return UNITS.flatMap((unit) => {
    own = addedUp(own, unit);
    const all = own.map((cell) => ({ ...cell, workflowId: ALL_WORKFLOWS, tally: byStepType(cell.tally) }));
    return [...own, ...addedUp(all, unit)];
  });
}

function addedUp(parts: readonly Cell[], unit: Unit): Cell[] {
  const startOf = (time: number): number => Math.floor(time / UNIT_MS[unit]) * UNIT_MS[unit];
  const groups = Map.groupBy(parts, ({ workflowId, at }) => keyOf(workflowId, unit, startOf(at)));
  return Array.from(groups.values(), (group) => {
    const [{ workflowId, at }] = group as [Cell];
    return { workflowId, unit, at: startOf(at), tally: sumOf(group.map(({ tally }) => tally)) };
  });
}

const keyOf = (workflowId: string, unit: string, at: number): string => `${workflowId} ${unit} ${at}`;

/** Nobody else writes meanwhile: the lock is held. */
async function addTo(client: PoolClient, all: readonly Cell[]): Promise<void> {
  const places = [
    all.map((cell) => cell.workflowId),
    all.map((cell) => cell.unit),
    all.map((cell) => new Date(cell.at)),
  ];
  const { rows } = await client.query<{ workflow_id: string; unit: Unit; at: Date; tally: Tally }>(
    READ_TALLIES,
    places,
  );
  const before = new Map(
    rows.map(({ workflow_id, unit, at, tally }) => [keyOf(workflow_id, unit, at.getTime()), tally]),
  );
  const after = all.map(({ workflowId, unit, at, tally }) => {
    const known = before.get(keyOf(workflowId, unit, at));
    return JSON.stringify(known === undefined ? tally : add(known, tally));
  });
  await client.query(WRITE_TALLIES, [...places, after]);
}
