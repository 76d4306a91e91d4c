import type { PoolClient } from 'pg';
import type { TraceContext } from '../common/tracing/trace-context.js';

export type ExecutionStatus =
  'queued' | 'running' | 'waiting' | 'paused' | 'completed' | 'failed' | 'cancelled' | 'timed_out';

export type OccurrenceOutcome = 'fired' | 'filtered' | 'duplicate' | 'skipped' | 'notified' | 'rejected' | 'failed';

/** What a trigger saw, as the ledger keeps it. */
export interface OccurrenceRecord {
  /** UUIDv7, made by the caller with `newId()`. */
  readonly id: string;
  readonly triggerId: string;
  readonly workflowId: string;
  readonly occurredAt: Date;
  readonly scheduledFor: Date | null;
  /** What it ends as, unless `key` turns out to be taken: then `duplicate` with reason `duplicate_of`. */
  readonly outcome: OccurrenceOutcome;
  readonly reason: { readonly code: string; readonly detail: string } | null;
  readonly payload: unknown;
  /** The payload when it starts nothing after all: as a duplicate, or by `concurrency`. Without: `payload`. */
  readonly unstartedPayload?: (() => unknown) | undefined;
  readonly replayOf: string | null;
}

/** The identity that decides races: `(scope, key)` starts one execution until it expires. */
export interface OccurrenceKey {
  /** The trigger's id, or the workflow's for an idempotency key of its own routes. */
  readonly scope: string;
  readonly key: string;
  readonly ttlMs: number;
}

export interface ExecutionRequest {
  /** UUIDv7, where it had to be known beforehand. */
  readonly id?: string | undefined;
  readonly workflowId: string;
  readonly version: number;
  readonly input: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  /** 1 (last) to 10 (first). */
  readonly priority: number;
  readonly triggerId: string | null;
  /** `cron`, `manual`, `webhook`, …; `api` for `POST /workflows/{id}/execute`, `test` for a test run. */
  readonly triggerType: string;
  /** What expressions see as `trigger`. */
  readonly trigger: TriggerNames | null;
  readonly createdBy: string | null;
  /** Of a test run: what stands in for its steps. A test run takes no part in `concurrency`. */
  readonly mocks?: Readonly<Record<string, unknown>>;
  /** Uploads, attachments: files of the execution from its start, with `step_path` null. Without: none. */
  readonly files?: readonly AcceptedFile[] | undefined;
}

/** A file that comes with what starts an execution. Its name becomes one that may be, and differs from the others'. */
export interface AcceptedFile {
  /** Made for this execution by whoever names the file beforehand (`bringFiles`). */
  readonly id?: string;
  readonly name: string;
  /** Media type, as declared. */
  readonly type?: string | undefined;
  readonly content: Uint8Array;
}

/** The `trigger_type` of test runs: they count in no statistics. */
export const TEST_TRIGGER = 'test';

export interface TriggerNames {
  readonly type: string;
  readonly id: string | null;
  readonly name: string | null;
  readonly occurred_at: string;
  readonly scheduled_for: string | null;
  readonly payload: unknown;
  /** The execution must not see secrets: somebody untrusted has a say in what it does. */
  readonly withholds_secrets?: true;
}

/** One thing to record: an occurrence, an execution, or both, and under which key. */
export interface StartRequest {
  readonly occurrence: OccurrenceRecord | null;
  /** null: nothing starts (`filtered`, `skipped`, …); only the occurrence is kept. */
  readonly execution: ExecutionRequest | null;
  readonly key: OccurrenceKey | null;
  /** This process wants to await the end by `ExecutionEnds.wait`. */
  readonly awaited?: boolean;
  /** The span that it starts in. Default: the one that the caller works in. */
  readonly trace?: TraceContext | undefined;
}

export interface StartResult {
  /** null when nothing was started. For a duplicate: the execution of the first one (null if that started none). */
  readonly executionId: string | null;
  readonly occurrenceId: string | null;
  readonly duplicate: boolean;
  /**
   * What the workflow's `concurrency` has refused: `skipped`, nothing was started and the occurrence is kept as skipped;
   * `failed`, the execution is recorded as failed.
   */
  readonly limited?: 'skipped' | 'failed';
}

/** What triggers and the API use to start executions. */
export abstract class ExecutionStarter {
  /**
   * Records and starts. Resolves after the commit: from then on the execution runs, whatever happens to this process.
   * Many calls at once share a commit.
   * @throws InputInvalidError (422 `input_invalid`) when the input does not satisfy the plan's `input_schema`; nothing
   *   is recorded then.
   * @throws ConcurrencyLimitError (409 `concurrency_limit`) when the rule skips it and there is no occurrence to say so.
   * @throws ServiceUnavailableError (503) when the database is away.
   */
  abstract start(request: StartRequest): Promise<StartResult>;

  /**
   * The same inside the caller's transaction (a timer's follow-up: the next instant and the execution commit together).
   * Call `dispatch(results)` after the commit; when that is forgotten or the process dies, the reconciler does it.
   */
  abstract startWithin(client: PoolClient, requests: readonly StartRequest[]): Promise<StartResult[]>;
  abstract dispatch(results: readonly StartResult[]): void;

  /**
   * Whether an input satisfies the plan's `input_schema`, and, where the execution is given, whether it has a concurrency
   * key; the faults when not.
   */
  abstract checkInput(
    workflowId: string,
    version: number,
    input: unknown,
    execution?: ExecutionRequest,
  ): Promise<readonly string[]>;
}
