import { Injectable } from '@nestjs/common';
import { Clock } from '../clock.js';
import { Database } from '../database/database.js';
import { AppError } from '../errors/app-error.js';
import { idBounds } from '../ids.js';
import type { EndedNote } from './ended-notes.js';
import { figuresOf } from './figures.js';
import { ALL_WORKFLOWS, READ } from './roll-up.statements.js';
import { finestAt, spansOf, UNIT_MS, widened, type Unit } from './spans.js';
import { byStepType, sumOf, type Tally } from './tally.js';
import type { StatisticsDto, StatisticsQuery } from './statistics.dto.js';

const MAX_BUCKETS = 1_500;

interface Row extends Record<string, unknown> {
  readonly at: Date | null;
  readonly tally: Tally | null;
  readonly notes: EndedNote[] | null;
  readonly bucket: number | null;
  readonly open: number | null;
}

/** Whose figures. */
interface Scope {
  readonly workflowIds: readonly string[];
  /** Steps by their type alone: ids of different workflows do not meet. */
  readonly isByType: boolean;
}

interface Bucket {
  readonly tallies: Tally[];
  open: number;
}

/** What became of the executions that were accepted in a range of time; test runs are left out. */
@Injectable()
export class StatisticsReader {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** The last 24 hours by the hour, unless the query says otherwise. @throws AppError 422 `range_invalid` */
  ofAll(query: StatisticsQuery): Promise<StatisticsDto> {
    return this.ofMany([ALL_WORKFLOWS], query);
  }

  /** The sum over these, in the same way. @throws AppError 422 `range_invalid` */
  ofMany(workflowIds: readonly string[], query: StatisticsQuery): Promise<StatisticsDto> {
    const now = this.clock.now();
    const to = query.to === undefined ? now + 1 : Date.parse(query.to);
    const from = query.from === undefined ? to - UNIT_MS.day : Date.parse(query.from);
    return this.read({ workflowIds, isByType: true }, from, to, query.bucket ?? 'hour', now);
  }

  /** From the workflow's beginning and by the day, unless the query says otherwise. @throws AppError 422 `range_invalid` */
  ofWorkflow(workflowId: string, createdAt: number, query: StatisticsQuery): Promise<StatisticsDto> {
    const now = this.clock.now();
    const to = query.to === undefined ? now + 1 : Date.parse(query.to);
    // The clock of the replica that accepted an execution may be behind the one of the replica that made the workflow.
    const beginning = Math.max(
      Math.min(createdAt, to) - UNIT_MS.day,
      to - MAX_BUCKETS * UNIT_MS[query.bucket ?? 'day'],
    );
    const from = query.from === undefined ? beginning : Date.parse(query.from);
    return this.read({ workflowIds: [workflowId], isByType: false }, from, to, query.bucket ?? 'day', now);
  }

  private async read(scope: Scope, from: number, to: number, unit: Unit, now: number): Promise<StatisticsDto> {
    refuseRange(from, to, unit, now);
    const range = widened(Math.max(0, from), Math.max(0, to), now);
    const rows = await this.rows(scope, range, unit);
    const buckets = new Map<number, Bucket>();
    const bucketAt = (at: number): Bucket => {
      const start = Math.floor(at / UNIT_MS[unit]) * UNIT_MS[unit];
      const bucket = buckets.get(start) ?? { tallies: [], open: 0 };
      buckets.set(start, bucket);
      return bucket;
    };
    const count = (at: number, tally: Tally): void => void bucketAt(at).tallies.push(tally);
    for (const row of rows) {
      if (row.at !== null && row.tally !== null) count(row.at.getTime(), tallyFor(row.tally, scope));
      for (const note of row.notes ?? []) if (isIn(note, scope, range)) count(note.at, tallyFor(note.tally, scope));
      if (row.bucket !== null) bucketAt(row.bucket).open += row.open ?? 0;
    }
    return toAnswer(buckets);
  }

  private rows({ workflowIds }: Scope, { from, to }: { from: number; to: number }, unit: Unit): Promise<Row[]> {
    const spans = spansOf(from, to, unit);
    return this.database.query<Row>(READ, [
      workflowIds,
      spans.map((span) => span.unit),
      spans.map((span) => new Date(span.from)),
      spans.map((span) => new Date(span.to)),
      idBounds(from).lowest,
      idBounds(to).lowest,
      UNIT_MS[unit],
    ]);
  }
}

function isIn({ workflow_id, at }: EndedNote, { workflowIds }: Scope, { from, to }: { from: number; to: number }) {
  return at >= from && at < to && (workflowIds.includes(ALL_WORKFLOWS) || workflowIds.includes(workflow_id));
}

/** What is added up over all is so already. */
function tallyFor(tally: Tally, { isByType }: Scope): Tally {
  return isByType ? byStepType(tally) : tally;
}

function toAnswer(buckets: ReadonlyMap<number, Bucket>): StatisticsDto {
  const sorted = [...buckets]
    .sort(([a], [b]) => a - b)
    .map(([at, { tallies, open }]) => ({ at, open, tally: sumOf(tallies) }));
  const total = sumOf(sorted.map(({ tally }) => tally));
  const open = sorted.reduce((sum, bucket) => sum + bucket.open, 0);
  const { figures, errors, steps } = figuresOf(total, open);
  return {
    totals: figures,
    buckets: sorted
      .map(({ at, tally, open }) => ({ at: new Date(at), ...figuresOf(tally, open).figures }))
      .filter(({ executions }) => executions > 0),
    errors,
    steps,
  };
}

function refuseRange(from: number, to: number, unit: Unit, now: number): void {
  const fault = rangeFault(from, to, unit, now);
  if (fault === null) return;
  const errors = [{ path: 'from', code: 'range', message: fault }];
  throw new AppError({ code: 'range_invalid', status: 422, message: `The range is not valid: ${fault}.`, errors });
}

function rangeFault(from: number, to: number, unit: Unit, now: number): string | null {
  if (from >= to) return 'from must lie before to';
  if ((to - from) / UNIT_MS[unit] > MAX_BUCKETS) return `the range holds more than ${MAX_BUCKETS} buckets`;
  const finest = finestAt(from, now);
  if (UNIT_MS[unit] >= UNIT_MS[finest]) return null;
  return `so long ago only buckets of ${finest === 'day' ? 'a day' : 'an hour or a day'} are kept`;
}
