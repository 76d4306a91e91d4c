import type { Evidence, ExecutionRow, StepRow } from './evidence.js';
import type { LedgerCall } from './ledger.js';
import { keyOf } from './load.js';

/** What was looked at for one promise of product.md, and what broke it. */
export interface Verdict {
  readonly promise: string;
  /** How many things were checked. */
  readonly checked: number;
  readonly broken: readonly string[];
}

/** The clocks of the ledger and of PostgreSQL are one; they tell milliseconds apart. */
const CLOCK_TOLERANCE_MS = 3;
/** Within that time, who was stopped has sent what it was about to send, on a busy machine. */
const LATE_SENDING_MS = 10_000;
const QUARANTINE = 3;

export function judge(evidence: Evidence): Verdict[] {
  return [
    nothingLost(evidence),
    oneExecutionPerKey(evidence),
    oneExecutionPerInstant(evidence),
    ...oneExecutionPerMail(evidence),
    completedNeverAgain(evidence),
    sameKey(evidence),
    allFinished(evidence),
    staleChangesNothing(evidence),
  ];
}

/** 1: what a 202 named is in the database, made of that very request. */
function nothingLost({ asked, executions }: Evidence): Verdict {
  const broken = asked.flatMap((one) => {
    if (one.execution === null) return [`${keyOf(one)} was never accepted`];
    const row = executions.get(one.execution);
    if (row === undefined) return [`${keyOf(one)} was answered with ${one.execution}, which is not there`];
    return row.n === one.n ? [] : [`${keyOf(one)} was answered with ${one.execution}, which is of key-${row.n}`];
  });
  return { promise: '1 no accepted trigger is lost', checked: asked.length, broken };
}

/** 2: a key, however often it was sent and to whomever, gave one execution. */
function oneExecutionPerKey({ asked, executions }: Evidence): Verdict {
  const webhooks = [...executions.values()].filter((row) => row.trigger_type === 'webhook');
  const byKey = Map.groupBy(webhooks, (row) => row.n);
  const broken = [...byKey]
    .filter(([, rows]) => rows.length !== 1)
    .map(([n, rows]) => `key-${n} has ${rows.length} executions: ${rows.map((row) => row.id).join(', ')}`);
  return { promise: '2 one execution per idempotency key', checked: asked.length, broken };
}

/** 2: each second from the first to the last fired once, and each has its execution. */
function oneExecutionPerInstant({ occurrences, executions }: Evidence): Verdict {
  const broken: string[] = [];
  const fired = occurrences.filter(({ outcome }) => outcome === 'fired');
  for (const { outcome, scheduled_for: at } of occurrences)
    if (outcome !== 'fired') broken.push(`${at.toISOString()} is ${outcome}`);
  fired.forEach(({ scheduled_for: at, execution_id: id }, index) => {
    const before = fired[index - 1];
    const seconds = before === undefined ? 1 : (at.getTime() - before.scheduled_for.getTime()) / 1_000;
    if (seconds !== 1) broken.push(`${at.toISOString()} comes ${seconds} s after the one before`);
    if (executions.get(id ?? '')?.scheduled_for?.getTime() !== at.getTime())
      broken.push(`${at.toISOString()} has no execution of its own (${id})`);
  });
  const started = [...executions.values()].filter((row) => row.trigger_type === 'cron').length;
  if (started !== fired.length) broken.push(`${fired.length} instants fired and ${started} executions were started`);
  return { promise: '2 one execution per cron instant', checked: fired.length, broken };
}

/** 2: each mail that came into the mailbox. */
function oneExecutionPerMail({ executions, world: { mails } }: Evidence): Verdict[] {
  if (mails === null) return [];
  const byNumber = Map.groupBy(
    [...executions.values()].filter((row) => row.trigger_type === 'email'),
    (row) => row.n ?? 0,
  );
  const numbers = new Set([...Array.from({ length: mails.sent }, (_, index) => index + 1), ...byNumber.keys()]);
  const broken = [...numbers].flatMap((n) => {
    const rows = byNumber.get(n) ?? [];
    return rows.length === 1
      ? []
      : [`mail ${n} has ${rows.length} executions: ${rows.map((row) => row.id).join(', ')}`];
  });
  return [{ promise: '2 one execution per mail', checked: mails.sent, broken }];
}

/**
 * 3: no call after its checkpoint, none after one that depends on it has begun, none without an attempt. The call that an
 * owner was about to send when it was stopped arrives when it goes on, whatever others have done meanwhile: that is an
 * attempt like others, recorded before, and its answer changes nothing (promise 6). Only such a call is excused: of an
 * execution that this owner held, within seconds of its SIGCONT.
 */
function completedNeverAgain(evidence: Evidence): Verdict {
  const { calls, finished, steps, violations, executions } = evidence;
  const broken = violations.filter(({ promise }) => promise === 3).map(({ detail }) => detail);
  const rows = new Map(steps.map((row) => [`${row.execution_id} ${row.step_path}`, row]));
  if (rows.size !== steps.length) broken.push(`${steps.length - rows.size} steps are recorded twice`);
  for (const [step, made] of Map.groupBy(calls, stepOf)) {
    const end = finished.get(step) ?? Infinity;
    for (const call of made)
      if (call.at > end + CLOCK_TOLERANCE_MS && !isLateSending(call, evidence))
        broken.push(`${step} was called ${(call.at - end).toFixed()} ms after its end`);
    const attempts = rows.get(step)?.attempt ?? 0;
    if (made.length > attempts) broken.push(`${step} was called ${made.length} times in ${attempts} attempts`);
  }
  broken.push(...outOfOrder(evidence));
  const completed = steps.filter((row) => row.status === 'completed' && row.type === 'http');
  const called = new Set(calls.map(stepOf));
  for (const row of completed) {
    const step = `${row.execution_id} ${row.step_path}`;
    if (executions.has(row.execution_id) && !called.has(step)) broken.push(`${step} completed without a call`);
  }
  return { promise: '3 a completed step never runs again', checked: completed.length, broken };
}

function isLateSending({ execution, at }: LedgerCall, { world }: Evidence): boolean {
  const resumed = world.stopped.get(execution) ?? Infinity;
  return at >= resumed - CLOCK_TOLERANCE_MS && at <= resumed + LATE_SENDING_MS;
}

function outOfOrder(evidence: Evidence): string[] {
  const { executions, world } = evidence;
  const calls = evidence.calls.filter((call) => !isLateSending(call, evidence));
  const orders = new Map(world.workflows.map(({ name, order }) => [name, order]));
  const broken: string[] = [];
  for (const [id, made] of Map.groupBy(calls, (call) => call.execution)) {
    const seqs = Map.groupBy(made, ({ path }) => path.split('[')[0] ?? '');
    for (const [earlier, later] of orders.get(executions.get(id)?.workflow ?? '') ?? []) {
      const last = Math.max(...(seqs.get(earlier) ?? []).map(({ seq }) => seq));
      const first = Math.min(...(seqs.get(later) ?? []).map(({ seq }) => seq));
      if (last > first) broken.push(`${id}: ${earlier} was called after ${later} had begun`);
    }
  }
  return broken;
}

/** 4: every call, the first and the repeated, bears the key of its step. */
function sameKey({ calls }: Evidence): Verdict {
  const broken = calls
    .filter(({ key, execution, path }) => key !== `${execution}:${path}`)
    .map(({ key, execution, path }) => `${execution} ${path} was called with the key ${key}`);
  return { promise: '4 effects repeat with one key', checked: calls.length, broken };
}

/** 5: whatever became of the queue, everything has ended as it should, with every call made. */
function allFinished({ executions, steps, calls, world }: Evidence): Verdict {
  const workflows = new Map(world.workflows.map((workflow) => [workflow.name, workflow]));
  const interrupted = Map.groupBy(steps.filter(isQuarantined), (row) => row.execution_id);
  const made = Map.groupBy(calls, (call) => call.execution);
  const broken = [...executions.values()].flatMap((row) => {
    if (row.status !== 'completed') return isRightlyFailed(row, executions, interrupted) ? [] : [describe(row)];
    const paths = new Set((made.get(row.id) ?? []).map(({ path }) => path));
    const missing = workflows.get(row.workflow)?.calls.filter((path) => !paths.has(path)) ?? [];
    return missing.length === 0 ? [] : [`${row.workflow} ${row.id} completed without ${missing.join(', ')}`];
  });
  return { promise: '5 whatever the queue forgets finishes', checked: executions.size, broken };
}

/** A step that was really cut off three times is quarantined, as promised; who waited for that child fails with it. */
function isRightlyFailed(
  { id, status, error }: ExecutionRow,
  executions: Evidence['executions'],
  quarantined: ReadonlyMap<string, readonly StepRow[]>,
): boolean {
  if (status !== 'failed') return false;
  if (error?.code === 'step_quarantined') return quarantined.has(id);
  const child = error?.code === 'subworkflow_failed' ? executions.get(error.details?.execution_id ?? '') : undefined;
  return child !== undefined && isRightlyFailed(child, executions, quarantined);
}

function isQuarantined({ status, attempts }: StepRow): boolean {
  const cut = (attempts ?? []).filter(({ error }) => error?.code === 'interrupted').length;
  return status === 'failed' && cut + 1 >= QUARANTINE;
}

function describe({ id, workflow, status, error }: ExecutionRow): string {
  return `${workflow} ${id} is ${status}${error === null ? '' : `: ${JSON.stringify(error)}`}`;
}

/** 6: no write by anybody but the owner, nothing that had ended has moved. */
function staleChangesNothing({ violations, steps, executions }: Evidence): Verdict {
  const broken = violations.filter(({ promise }) => promise === 6).map(({ detail }) => detail);
  return { promise: '6 a stale worker changes nothing', checked: steps.length + executions.size, broken };
}

function stepOf({ execution, path }: LedgerCall): string {
  return `${execution} ${path}`;
}
