import { Injectable } from '@nestjs/common';
import { isId } from '../../common/ids.js';
import { decodeIdCursor } from '../../common/page.js';
import { LastEventIdError } from '../engine.errors.js';
import { isOpen } from '../planner/state-tables.js';
import { LOG_LEVELS } from '../run/logs.js';
import type { LogsQuery } from '../views/execution.dto.js';
import { ExecutionRepository, type LogFilter } from '../views/execution.repository.js';
import type { ExecutionRow } from '../views/execution.row.js';
import { toExecution, toLogLine, toStepExecution } from '../views/execution.views.js';
import { ChangesRepository } from './changes.repository.js';
import { LiveTokens, type TokenPiece } from './live-tokens.js';
import type { Look } from './execution-streams.js';
import { formatPosition, readPosition, START, type Position } from './position.js';
import type { LiveEvent } from './server-sent-events.js';

const LOG_PAGE = 100;
/** What a reader that is too slow loses of an answer it finds in the step's output. */
const MOST_PIECES = 1_000;

/** What live routes and streams send, look by look. PostgreSQL is read from a position on; the position is the event's id. */
@Injectable()
export class LiveExecutions {
  constructor(
    private readonly executions: ExecutionRepository,
    private readonly changes: ChangesRepository,
    private readonly tokens: LiveTokens,
  ) {}

  /** @throws LastEventIdError 422 */
  logs(executionId: string, query: LogsQuery, lastEventId: string | undefined): Look {
    if (lastEventId && !isId(lastEventId)) throw new LastEventIdError();
    const level = query.level === undefined ? undefined : LOG_LEVELS[query.level];
    const filter: LogFilter = { step: query.step_id, level, after: decodeIdCursor(query.cursor) ?? undefined };
    if (lastEventId) filter.after = lastEventId;
    return () => this.lookAtLogs(executionId, filter);
  }

  /** @throws LastEventIdError 422 */
  events(executionId: string, lastEventId: string | undefined): Look {
    const position = lastEventId ? readPosition(lastEventId) : { ...START };
    if (position === null) throw new LastEventIdError();
    const pieces: TokenPiece[] = [];
    const take = (wake: () => void) => (piece: TokenPiece) => {
      if (pieces.length < MOST_PIECES) pieces.push(piece);
      wake();
    };
    return Object.assign(() => this.lookAtEvents(executionId, position, pieces), {
      attach: (wake: () => void) => this.tokens.listen(executionId, take(wake)),
    });
  }

  /** The status is read first: an end commits together with the last lines, so an ended one has no more than are there. */
  private async *lookAtLogs(executionId: string, filter: LogFilter): AsyncGenerator<LiveEvent, boolean> {
    const execution = await this.executions.find(executionId);
    if (execution === undefined) return yield* deleted();
    for await (const { id, line } of this.linesAfter(executionId, filter)) yield { event: 'log', data: line, id };
    return yield* endOf(execution);
  }

  private async *lookAtEvents(
    executionId: string,
    at: Position,
    pieces: TokenPiece[],
  ): AsyncGenerator<LiveEvent, boolean> {
    const row = await this.executions.find(executionId);
    if (row === undefined) return yield* deleted();
    const isFirst = at.execution === START.execution;
    // A last state comes last; unless it is the first that this client hears of.
    if (isFirst || isOpen(row.status)) yield* executionEvent(row, at);
    yield* this.stepEvents(executionId, at);
    for await (const { id, line } of this.linesAfter(executionId, { after: at.log ?? undefined })) {
      at.log = id;
      yield { event: 'log', data: line, id: formatPosition(at) };
    }
    // They are kept nowhere: their id is where a client goes on that has lost them.
    for (const piece of pieces.splice(0)) yield { event: 'token', data: piece, id: formatPosition(at) };
    if (!isFirst) yield* executionEvent(row, at);
    return yield* endOf(row);
  }

  private async *stepEvents(executionId: string, at: Position): AsyncGenerator<LiveEvent> {
    for (;;) {
      const rows = await this.changes.steps(executionId, at.step);
      if (rows.length === 0) return;
      for (const [index, row] of rows.entries()) {
        // Of those that share a number the last one moves the position.
        if (rows[index + 1]?.change !== row.change) at.step = row.change;
        yield { event: 'step', data: { ...toStepExecution(row), omitted: row.omitted }, id: formatPosition(at) };
      }
    }
  }

  private async *linesAfter(
    executionId: string,
    filter: LogFilter,
  ): AsyncGenerator<{ id: string; line: ReturnType<typeof toLogLine> }> {
    for (;;) {
      const rows = await this.executions.logs(executionId, filter, LOG_PAGE);
      for (const row of rows) {
        filter.after = row.id;
        yield { id: row.id, line: toLogLine(row) };
      }
      if (rows.length <= LOG_PAGE) return;
    }
  }
}

/** Nothing, when the client has seen this state already. */
function* executionEvent(row: ExecutionRow, at: Position): Generator<LiveEvent> {
  const mark = `${row.attempt}${row.status}${row.pause_requested ? '!' : ''}`;
  if (at.execution === mark) return;
  at.execution = mark;
  const { id, workflow_id, version, status, attempt, error, start_time, end_time, duration_ms, pause_requested } =
    toExecution(row);
  const data = { id, workflow_id, version, status, attempt, error, start_time, end_time, duration_ms, pause_requested };
  yield { event: 'execution', data, id: formatPosition(at) };
}

function* endOf({ status }: ExecutionRow): Generator<LiveEvent, boolean> {
  if (isOpen(status)) return false;
  yield { event: 'end', data: { status } };
  return true;
}

function* deleted(): Generator<LiveEvent, boolean> {
  yield { event: 'interrupted', data: { reason: 'deleted' } };
  return true;
}
