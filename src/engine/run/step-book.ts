import type { Plan, PlanStep, Scope } from '../../definition/plan.js';
import { instanceAt } from '../planner/fan.js';
import type { WebhookResponse } from '../../nodes/node.contract.js';
import { isTerminal } from '../planner/step-view.js';
import { nestedPrefix, type PlacedStep } from '../planner/planner.js';
import type { ClaimedExecution, ClaimedStep } from './claim.statement.js';
import { ExecutionNames } from './names.js';
import { StepRecord, suspendedFor, type StepFields } from './step-record.js';
import { RunTallies } from './step-tallies.js';

/** A waiting step counts as due this many milliseconds early: timers fire on whole milliseconds. */
const DUE_TOLERANCE_MS = 5;

/** The step executions of one execution: their states, what of them is not recorded yet, what expressions see of them. */
export class StepBook {
  readonly states = new Map<string, StepRecord>();
  readonly names: ExecutionNames;
  readonly tallies: RunTallies;
  private readonly changes = new Set<StepRecord>();
  private response: WebhookResponse | undefined;
  private readonly asleep = new Set<StepRecord>();
  /** Steps that hold others for a limited time. */
  private readonly limited = new Set<StepRecord>();
  /** Steps that a retry runs again and that were not reached yet, by their path. */
  private readonly again = new Map<string, StepRecord>();
  /** The step that ended last with an output of its own. */
  private last: { at: number; record: StepRecord } | null = null;

  constructor(
    private readonly claimed: ClaimedExecution,
    private readonly plan: Plan,
    env: Readonly<Record<string, string>>,
    private readonly now: () => number,
  ) {
    this.names = new ExecutionNames(claimed, plan, env);
    this.tallies = new RunTallies(claimed.start_time.getTime());
  }

  /** Takes over what earlier owners have recorded. @returns steps that were cut off. */
  recover(): StepRecord[] {
    const interrupted: StepRecord[] = [];
    for (const row of this.claimed.steps) {
      const step = this.plan.steps.get(planPath(row.step_path));
      if (step === undefined) throw new Error(`the plan has no step ${row.step_path}`);
      const record = restore(row, step);
      if (record.status === 'pending') {
        this.again.set(row.step_path, record);
        continue;
      }
      this.states.set(row.step_path, record);
      this.tallies.count(record);
      this.keep(record, row.finished_at ?? row.started_at);
      if (record.status === 'running' && !record.isEntered) interrupted.push(record);
    }
    for (const record of this.states.values()) this.reopen(record);
    return interrupted;
  }

  /** What stands inside an instance tells that the instance was opened. */
  private reopen({ prefix }: StepRecord): void {
    const place = prefix === '' ? null : instanceAt(prefix);
    const fan = place === null ? null : this.states.get(place.container)?.fan;
    if (place === null || fan === null || fan === undefined) return;
    for (const instance of fan.reopen(place.name)) this.names.place(instance, fan.rules);
  }

  /** Lets go of what has ended for good: its rows have it. */
  forget(scope: Scope, prefix: string): void {
    for (const step of scope.steps) {
      const record = this.states.get(prefix + step.id);
      if (record === undefined) continue;
      const inner = record.scope === null ? undefined : step.scopes[record.scope];
      if (inner !== undefined && record.scope !== null) this.forget(inner, nestedPrefix(record.path, record.scope));
      this.states.delete(record.path);
    }
    this.names.forget(prefix);
  }

  /** Steps that have ended the execution. */
  stops(): StepRecord[] {
    return [...this.states.values()].filter((record) => record.hasStopped);
  }

  get(path: string): StepRecord {
    const record = this.states.get(path);
    if (record === undefined) throw new Error(`no step execution at ${path}`);
    return record;
  }

  open(placed: PlacedStep): StepRecord {
    const record = this.again.get(placed.path) ?? StepRecord.fresh(this.claimed.id, placed, this.now());
    this.again.delete(placed.path);
    this.states.set(placed.path, record);
    return record;
  }

  skip(placed: PlacedStep): void {
    const record = this.states.get(placed.path) ?? this.open(placed);
    record.moveTo('skipped', this.now());
    this.changed(record);
  }

  cancel(path: string): void {
    const record = this.get(path);
    record.moveTo('cancelled', this.now());
    this.changed(record);
  }

  /** Call it after every change of a record. */
  changed(record: StepRecord): void {
    this.changes.add(record);
    this.keep(record, new Date(this.now()));
  }

  get changeCount(): number {
    return this.changes.size;
  }

  get hasChanges(): boolean {
    return this.changes.size > 0;
  }

  takeChanges(): StepRecord[] {
    const taken = [...this.changes];
    this.changes.clear();
    return taken;
  }

  /** A step answers the request that awaits the execution; the first one counts. */
  respond(response: WebhookResponse): void {
    this.response ??= response;
  }

  /** @returns undefined when there is nothing new to say. */
  takeResponse(): WebhookResponse | undefined {
    const taken = this.response;
    this.response = undefined;
    return taken;
  }

  /** Waiting steps whose time, or whose answer, has come. */
  due(): StepRecord[] {
    if (this.asleep.size === 0) return [];
    const now = this.now() + DUE_TOLERANCE_MS;
    return [...this.asleep].filter((record) => record.answer !== null || (isUp(record, now) && !mayBeAnswered(record)));
  }

  /** Waiting steps whose time is up, and which may have been answered just before. */
  overdue(): StepRecord[] {
    if (this.asleep.size === 0) return [];
    const now = this.now() + DUE_TOLERANCE_MS;
    return this.suspended().filter((record) => isUp(record, now) && !record.isOutOfTime);
  }

  /** Waiting steps that somebody may have answered meanwhile. */
  suspended(): StepRecord[] {
    return [...this.asleep].filter((record) => record.answer === null && suspendedFor(record.fields.waiting) !== null);
  }

  nearestWait(): { until: number; reason: string } | null {
    let nearest: { until: number; reason: string } | null = null;
    for (const { fields } of this.asleep) {
      if (fields.waitUntil === null || (nearest !== null && nearest.until <= fields.waitUntil)) continue;
      nearest = { until: fields.waitUntil, reason: fields.waiting?.for ?? 'timer' };
    }
    const limit = this.nearestLimit();
    return limit !== null && limit < (nearest?.until ?? Infinity) ? { until: limit, reason: 'timer' } : nearest;
  }

  /** When the first of the steps that hold others has had its time. */
  nearestLimit(): number | null {
    if (this.limited.size === 0) return null;
    return Math.min(...[...this.limited].map((record) => record.holdDeadline ?? Infinity));
  }

  /** Marks the steps that have held others for long enough. */
  expire(): void {
    if (this.limited.size === 0) return;
    const now = this.now() + DUE_TOLERANCE_MS;
    for (const record of this.limited) {
      if ((record.holdDeadline ?? Infinity) > now) continue;
      record.isExpired = true;
      this.limited.delete(record);
    }
  }

  /** Steps that have begun and not ended. */
  openSteps(): StepRecord[] {
    return [...this.states.values()].filter((record) => !isTerminal(record.status));
  }

  waiting(): StepRecord[] {
    return [...this.asleep];
  }

  /** The execution ends: what a retry set back and this attempt did not come to is skipped. */
  skipUnreached(): void {
    for (const [path, { step }] of this.again) this.skip({ step, path });
  }

  /** The output of the last step that ran. */
  get lastOutput(): unknown {
    return this.last?.record.fields.output ?? null;
  }

  private keep(record: StepRecord, at: Date | null): void {
    if (record.status === 'waiting') this.asleep.add(record);
    else this.asleep.delete(record);
    if (record.step.holdTimeoutMs !== null) this.limit(record);
    const hasOutput = record.status === 'completed' || (record.isEntered && record.scope !== null);
    if (isTerminal(record.status) || record.isEntered) this.names.keep(record);
    // A branch step "ran" when it chose its branch; what ran inside came after it.
    const closes = record.status === 'completed' && record.scope !== null;
    const time = at?.getTime() ?? 0;
    if (hasOutput && !closes && (this.last === null || time >= this.last.at)) this.last = { at: time, record };
  }

  private limit(record: StepRecord): void {
    if (record.isEntered && !record.isExpired) this.limited.add(record);
    else this.limited.delete(record);
  }
}

const isUp = ({ fields }: StepRecord, now: number): boolean => (fields.waitUntil ?? Infinity) <= now;

const mayBeAnswered = ({ fields, isOutOfTime }: StepRecord): boolean =>
  !isOutOfTime && suspendedFor(fields.waiting) !== null;

/** `each[3].save` -> `each[].save` */
export function planPath(stepPath: string): string {
  return stepPath.replaceAll(/\[\d+\]/g, '[]');
}

const time = (date: Date | null): number | null => date?.getTime() ?? null;

function restore(row: ClaimedStep, step: PlanStep): StepRecord {
  const fields: StepFields = {
    id: row.id,
    status: row.status,
    attempt: row.attempt,
    scope: row.scope,
    port: row.port,
    input: row.input,
    output: row.output,
    error: row.error,
    waiting: row.waiting,
    waitUntil: time(row.wait_until),
    waitState: row.wait_state,
    attempts: row.attempts ?? [],
    firstStartedAt: time(row.first_started_at),
    startedAt: time(row.started_at),
    finishedAt: time(row.finished_at),
  };
  const record = new StepRecord({ step, path: row.step_path }, fields);
  record.answer = row.answer ?? null;
  record.outputJson = row.output === null ? null : JSON.stringify(row.output);
  return record;
}
