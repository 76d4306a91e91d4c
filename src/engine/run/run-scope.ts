import type { ClaimedExecution } from './claim.statement.js';
import type { Mocks } from './mocks.js';
import type { RunLog } from './run-log.js';
import type { RunServices } from './run-services.js';
import type { RunTrace } from './run-trace.js';
import type { StepBook } from './step-book.js';

/** What belongs to one hold of one execution, for those who take its steps along. */
export interface RunScope {
  readonly claimed: ClaimedExecution;
  readonly services: RunServices;
  readonly book: StepBook;
  readonly log: RunLog;
  /** null: no traces are sent. */
  readonly trace: RunTrace | null;
  /** null: it is no test run. */
  readonly mocks: Mocks | null;
  /** The database's time, in milliseconds since the epoch. */
  readonly now: () => number;
}
