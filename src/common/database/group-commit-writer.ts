import type { Database } from './database.js';
import { FlushLane } from './flush-lane.js';
import { GroupCommit, type BatchStatement, type FlushReport } from './group-commit.js';

/**
 * Two lanes of one flush at a time each. Rows that wait for nobody's lock (what is newly accepted) have one of their own:
 * beside a flush of the other lane, PostgreSQL and this process work at the same time instead of waiting for each other.
 */
export class GroupCommitWriter extends GroupCommit {
  private readonly free: FlushLane;
  private readonly ordered: FlushLane;
  private onFlush: (report: FlushReport) => void = () => undefined;

  constructor(database: Database) {
    super();
    const report = (flush: FlushReport): void => {
      this.onFlush(flush);
    };
    this.free = new FlushLane(database, report);
    this.ordered = new FlushLane(database, report);
  }

  /** Whoever measures; one listener. */
  observe(listener: (report: FlushReport) => void): void {
    this.onFlush = listener;
  }

  override submit<Row, Result>(statement: BatchStatement<Row, Result>, row: Row): Promise<Result> {
    const lane = statement.neverWaits?.(row) === true ? this.free : this.ordered;
    return lane.submit(statement, row);
  }

  override endPatience(): void {
    this.free.endPatience();
    this.ordered.endPatience();
  }

  /** Resolves when everything submitted so far is committed or has failed. */
  async idle(): Promise<void> {
    while (this.free.isBusy || this.ordered.isBusy) await Promise.all([this.free.idle(), this.ordered.idle()]);
  }
}
