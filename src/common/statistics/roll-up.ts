import { Injectable, Logger } from '@nestjs/common';
import { Cron, CronExpression, Interval } from '@nestjs/schedule';
import type { PoolClient } from 'pg';
import { Database } from '../database/database.js';
import { isConnectionLoss } from '../database/pg-errors.js';
import type { EndedNote } from './ended-notes.js';
import { ALL_WORKFLOWS, READ_TALLIES, REMOVE_OLD, TAKE_NOTES, TRY_LOCK, WRITE_TALLIES } from './roll-up.statements.js';
import { KEPT_MS, UNIT_MS, type Unit } from './spans.js';
import { add, byStepType, type Tally } from './tally.js';

const EVERY_MS = 5_000;
const NOTES_A_BATCH = 1_000;
const CHORE_LOCK = 0x6d7204;
const UNITS: readonly Unit[] = ['minute', 'hour', 'day'];

interface Cell {
  readonly workflowId: string;
  readonly unit: Unit;
  /** Milliseconds. */
  readonly at: number;
  tally: Tally;
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

function cellsOf(notes: readonly EndedNote[]): Map<string, Cell> {
  const cells = new Map<string, Cell>();
  for (const note of notes) {
    for (const unit of UNITS) {
      const at = Math.floor(note.at / UNIT_MS[unit]) * UNIT_MS[unit];
      addCell(cells, { workflowId: note.workflow_id, unit, at, tally: note.tally });
      addCell(cells, { workflowId: ALL_WORKFLOWS, unit, at, tally: byStepType(note.tally) });
    }
  }
  return cells;
}

function addCell(cells: Map<string, Cell>, cell: Cell): void {
  const key = keyOf(cell.workflowId, cell.unit, cell.at);
  const known = cells.get(key);
  if (known === undefined) cells.set(key, cell);
  else known.tally = add(known.tally, cell.tally);
}

const keyOf = (workflowId: string, unit: string, at: number): string => `${workflowId} ${unit} ${at}`;

/** Nobody else writes meanwhile: the lock is held. */
async function addTo(client: PoolClient, cells: ReadonlyMap<string, Cell>): Promise<void> {
  const all = [...cells.values()];
  const places = [
    all.map((cell) => cell.workflowId),
    all.map((cell) => cell.unit),
    all.map((cell) => new Date(cell.at)),
  ];
  const { rows } = await client.query<{ workflow_id: string; unit: Unit; at: Date; tally: Tally }>(
    READ_TALLIES,
    places,
  );
  for (const { workflow_id, unit, at, tally } of rows) {
    const cell = cells.get(keyOf(workflow_id, unit, at.getTime()));
    if (cell !== undefined) cell.tally = add(tally, cell.tally);
  }
  await client.query(WRITE_TALLIES, [...places, all.map((cell) => JSON.stringify(cell.tally))]);
}
