import type { LedgerCall } from './ledger.js';
import type { Asked } from './load.js';
import type { World } from './world.js';

export interface ExecutionRow {
  readonly id: string;
  readonly workflow: string;
  readonly status: string;
  readonly error: { code: string; details?: { execution_id?: string } | null } | null;
  /** Of a webhook's body, of a mail's subject. */
  readonly n: number | null;
  readonly trigger_type: string;
  readonly scheduled_for: Date | null;
}

export interface StepRow {
  readonly id: string;
  readonly execution_id: string;
  readonly step_path: string;
  readonly type: string;
  readonly status: string;
  readonly attempt: number;
  readonly attempts: { error: { code: string } | null }[] | null;
}

export interface OccurrenceRow {
  readonly execution_id: string | null;
  readonly scheduled_for: Date;
  readonly outcome: string;
}

/** What is left when all is over: answers, database and ledger. */
export interface Evidence {
  readonly asked: readonly Asked[];
  readonly executions: ReadonlyMap<string, ExecutionRow>;
  readonly steps: readonly StepRow[];
  /** Of the cron. */
  readonly occurrences: readonly OccurrenceRow[];
  readonly calls: readonly LedgerCall[];
  /** When checkpoints of calls were written, milliseconds, by `execution path`. */
  readonly finished: ReadonlyMap<string, number>;
  readonly violations: readonly { promise: number; detail: string }[];
  readonly world: World;
}

const EXECUTIONS = /* sql */ `
SELECT e.id, w.name AS workflow, e.status, e.error, e.trigger_type, (e.trigger->>'scheduled_for')::timestamptz AS scheduled_for,
  CASE WHEN e.trigger_type IN ('webhook', 'email') THEN (e.input->>'n')::int END AS n
FROM execution e JOIN workflow w ON w.id = e.workflow_id`;

const STEPS = /* sql */ `SELECT id, execution_id, step_path, type, status, attempt, attempts FROM step_execution`;

const OCCURRENCES = /* sql */ `
SELECT execution_id, scheduled_for, outcome FROM occurrence WHERE scheduled_for IS NOT NULL ORDER BY scheduled_for, id`;

const FINISHED = /* sql */ `
SELECT execution_id || ' ' || step_path AS step, extract(epoch FROM min(at)) * 1000 AS at
FROM faults.finished GROUP BY execution_id, step_path`;

export async function gather(world: World, asked: readonly Asked[]): Promise<Evidence> {
  const { database, ledger } = world;
  const executions = await database.query<ExecutionRow>(EXECUTIONS);
  const finished = await database.query<{ step: string; at: string }>(FINISHED);
  return {
    asked,
    executions: new Map(executions.map((row) => [row.id, row])),
    steps: await database.query<StepRow>(STEPS),
    occurrences: await database.query<OccurrenceRow>(OCCURRENCES),
    calls: ledger.read(),
    finished: new Map(finished.map(({ step, at }) => [step, Number(at)])),
    violations: await database.query<{ promise: number; detail: string }>(
      'SELECT promise, detail FROM faults.violation',
    ),
    world,
  };
}
