import type { Names, Plan } from '../../definition/plan.js';
import { partAt, partOf, planNext, type Part, type PlacedStep, type Planned } from '../planner/planner.js';
import { setLongTimeout } from './attempt.js';
import { AttemptsUnderWay } from './attempts-under-way.js';
import { Bell } from './bell.js';
import type { CheckpointResult, Move } from './checkpoint.statement.js';
import type { ClaimedExecution } from './claim.statement.js';
import { EndOfRun, type EndState } from './end-of-run.js';
import { FanOuts } from './fan-outs.js';
import { Mocks } from './mocks.js';
import type { OuterSteps } from './names.js';
import { RunLog } from './run-log.js';
import { RunTrace } from './run-trace.js';
import type { RunScope } from './run-scope.js';
import type { RunServices } from './run-services.js';
import { SlotHold } from './slot-hold.js';
import { StepBook } from './step-book.js';
import { StepOutcomes } from './step-outcomes.js';
import type { StepRecord } from './step-record.js';
import { StepRunner, type PreparedStep } from './step-runner.js';
import { WaitingAnswers } from './waiting-answers.js';

/** How an owner's hold of an execution ended. */
export type RunResult =
  { readonly kind: 'ended'; readonly end: EndState } | { readonly kind: 'asleep' | 'handed_back' | 'lost' };

/** A wait shorter than this is sat out: going to sleep and waking would take as long. */
const SIT_OUT_WAIT_MS = 25;
/** A retry that is due within this time keeps its slot (nodes.md, Retry policy). */
const SIT_OUT_RETRY_MS = 5_000;
/** Step executions that may have changed without a record of it: the work of some 20 ms. */
const MOST_UNRECORDED = 500;
/** What a long step logs becomes visible at least this often. */
const LOG_FLUSH_MS = 1_000;

/**
 * One owner's hold of one execution: plans, runs what is ready, records, and goes on until the execution ends or must
 * wait. Everything happens in one loop, so states change at one place only; attempts report into `finished`.
 */
export class ExecutionRun {
  private readonly book: StepBook;
  private readonly log: RunLog;
  private readonly runner: StepRunner;
  private readonly end: EndOfRun;
  private readonly fans: FanOuts;
  private readonly outcomes: StepOutcomes;
  private readonly attempts: AttemptsUnderWay;
  private readonly answers: WaitingAnswers;
  private part: Part = 'main';
  private draining = false;
  private pausing = false;
  private mayBeAnswered = false;
  /** A step that is ready, or was cut off, is left to the next owner. */
  private leavesWork = false;
  private lost = false;
  private readonly bell = new Bell();
  private readonly slot: SlotHold;
  private readonly trace: RunTrace | null;
  private deadline: { clear: () => void } | null = null;
  /** The database's clock minus this process's. */
  private readonly clockOffset: number;

  constructor(
    private readonly claimed: ClaimedExecution,
    private readonly plan: Plan,
    private readonly secretNames: readonly string[],
    private readonly services: RunServices,
    /** What its step paths begin with: `each[3].` for a pass of a distributed loop. */
    private readonly prefix = '',
  ) {
    this.clockOffset = claimed.now.getTime() - services.clock.now();
    const now = (): number => services.clock.now() + this.clockOffset;
    this.slot = new SlotHold(services.slots, () => this.bell.ring());
    this.log = new RunLog(claimed.id, services.redaction, now, () => this.bell.ring());
    this.book = new StepBook(claimed, plan, services.env, now);
    this.end = new EndOfRun(plan, this.book);
    this.fans = new FanOuts(this.book);
    this.trace = services.tracing === undefined ? null : new RunTrace(services.tracing, claimed);
    const mocks = claimed.mocks === undefined ? null : new Mocks(claimed.mocks);
    const scope: RunScope = { claimed, services, book: this.book, log: this.log, trace: this.trace, mocks, now };
    this.outcomes = new StepOutcomes(scope);
    this.runner = new StepRunner(scope, this.outcomes);
    this.attempts = new AttemptsUnderWay(scope, this.bell);
    this.answers = new WaitingAnswers(scope);
  }

  /** What a pass of a distributed loop sees around it. */
  placeOutside(places: Names, steps: OuterSteps): void {
    this.book.names.placeOutside(this.prefix, places, steps);
  }

  /** Throws only for a fault of the engine itself; then nothing of the execution is lost, only this hold of it. */
  async run(): Promise<RunResult> {
    try {
      await this.runner.loadSecrets(this.secretNames);
      for (const record of this.book.recover()) this.outcomes.interrupted(record);
      for (const record of this.book.stops()) this.stopBy(record);
      if (this.claimed.cancel_requested) this.stop('cancelled');
      else if (this.claimed.pause_requested) this.pause();
      this.armDeadline();
      return await this.loop();
    } finally {
      this.deadline?.clear();
      this.attempts.abortAll('replaced');
      this.slot.leave();
    }
  }

  /** Whether it has run, or wanted to run, a step with effects. */
  get neededSlot(): boolean {
    return this.slot.needed;
  }

  /** The execution was asked to be cancelled. */
  cancel(): void {
    this.stop('cancelled');
  }

  /** Starts nothing further; what runs may end, then the execution is paused. */
  pause(): void {
    this.pausing = true;
    this.slot.unask();
    this.bell.ring();
  }

  /** A waiting step was answered, or may have been. */
  lookForAnswers(): void {
    this.mayBeAnswered = true;
    this.bell.ring();
  }

  /** Starts nothing further; what runs may end, then the execution goes back to the queue. */
  drain(): void {
    this.draining = true;
    this.slot.unask();
    this.bell.ring();
  }

  /** Cuts off what still runs: the grace of the shutdown is over. */
  shutDown(): void {
    this.attempts.abortAll('shutdown');
    this.drain();
  }

  private async loop(): Promise<RunResult> {
    while (!this.lost) {
      this.takeFinished();
      if (this.mayBeAnswered) await this.takeAnswers();
      if (!this.pausing) await this.answers.closeOverdue();
      const launches = await this.decide();
      if (this.isLost()) break;
      if (this.attempts.size === 0 && launches.length === 0 && !this.slot.isAsked) {
        const result = await this.rest();
        if (result !== null) return result;
        continue;
      }
      if ((this.book.hasChanges || this.log.hasLines) && (await this.record(null)) === 'lost') break;
      for (const prepared of launches) this.launch(prepared);
      await this.nextEvent();
    }
    return { kind: 'lost' };
  }

  /** Decides all that can be decided now and runs pure steps on the way. @returns steps with effects to start. */
  private async decide(): Promise<PreparedStep[]> {
    const launches: PreparedStep[] = [];
    while (!this.pausing) {
      if (!(await this.keepPace())) return launches;
      this.book.expire();
      const planned = this.planPart(launches.length);
      let moved = this.apply(planned);
      moved = this.abort(planned.aborted, launches) || moved;
      // A step that has heard of the end of an instance may want nothing of what else was ready; one that could not be
      // closed as it was planned has failed.
      if (planned.returned.length > 0 || planned.closed.some((closed) => this.hasFailedToClose(closed))) continue;
      if (planned.ended !== null && this.attempts.size + launches.length === 0) {
        const next = this.end.partEnded(this.part, planned.ended.failedBy);
        if (next === null) return launches;
        this.part = next;
        continue;
      }
      const due = this.end.isStopped(this.part) ? [] : this.book.due();
      const ready: readonly (PlacedStep | StepRecord)[] = [...due, ...planned.ready];
      moved = (await this.runPure(ready)) || moved;
      if (!moved) moved = this.prepare(ready, launches);
      if (!moved) return launches;
    }
    return launches;
  }

  /** Long stretches without effects are recorded on the way, so that nobody else waits. @returns whether to go on. */
  private async keepPace(): Promise<boolean> {
    if (this.book.changeCount < MOST_UNRECORDED) return true;
    if (this.draining) this.leavesWork = true;
    return (await this.record(null)) !== 'lost' && !this.draining;
  }

  private planPart(launching: number): Planned {
    const scope = partOf(this.plan, this.part);
    if (scope === null) return { ...NOTHING, ended: { failedBy: null } };
    if (!this.end.isStopped(this.part)) return planNext(scope, this.book.states, this.prefix);
    const open = this.attempts.size + launching === 0 ? this.book.openSteps() : this.book.waiting();
    // After the loss of an owner a step of a later part may be open already.
    const abandoned = open.filter(({ path }) => partAt(this.plan, path) === this.part);
    return { ...NOTHING, abandoned, ended: { failedBy: null } };
  }

  private apply(planned: Planned): boolean {
    for (const placed of planned.skipped) this.book.skip(placed);
    for (const placed of planned.abandoned) this.book.cancel(placed.path);
    for (const closed of planned.closed) {
      this.outcomes.close(this.book.get(closed.path), closed.failedBy);
      // What holds it was planned as if it had completed.
      if (this.hasFailedToClose(closed)) return true;
    }
    for (const returned of planned.returned) this.fans.end(returned);
    for (const { path } of [...planned.returned, ...planned.opening]) this.fans.open(path);
    const { skipped, abandoned, closed, returned, opening } = planned;
    return skipped.length + abandoned.length + closed.length + returned.length + opening.length > 0;
  }

  /** What its instances gave is too large, or does not fit its `output_mapping`. */
  private hasFailedToClose({ path, failedBy }: Planned['closed'][number]): boolean {
    return failedBy === null && this.book.states.get(path)?.status === 'failed';
  }

  /** Ends what runs and is not wanted any more. @returns whether a step ended on the way: its start was not recorded. */
  private abort(unwanted: readonly PlacedStep[], launches: PreparedStep[]): boolean {
    let ended = false;
    for (const { path } of unwanted) {
      this.attempts.abort(this.book.get(path), 'cancelled');
      const index = launches.findIndex(({ record }) => record.path === path);
      if (index === -1) continue;
      launches.splice(index, 1);
      this.book.cancel(path);
      ended = true;
    }
    return ended;
  }

  private async runPure(ready: readonly (PlacedStep | StepRecord)[]): Promise<boolean> {
    const pure = ready.filter((next) => this.runner.isQuick(next));
    for (const next of pure) {
      const prepared = this.runner.prepare(next);
      if (prepared === null) continue;
      this.attempts.tellStart(prepared.record);
      await this.runner.runPure(prepared);
      if (prepared.record.hasStopped) {
        this.stopBy(prepared.record);
        break;
      }
    }
    return pure.length > 0;
  }

  /** Makes steps with effects ready, as many as `max_parallel` allows. @returns whether one ended on the way. */
  private prepare(ready: readonly (PlacedStep | StepRecord)[], launches: PreparedStep[]): boolean {
    let ended = false;
    for (const next of ready) {
      if (this.draining) this.leavesWork = true;
      if (this.draining || this.attempts.size + launches.length >= this.plan.maxParallel) break;
      if (!this.slot.take()) break;
      const prepared = this.runner.prepare(next);
      if (prepared === null) ended = true;
      else launches.push(prepared);
    }
    return ended;
  }

  /** Nothing runs: the execution ends, sleeps, goes back to the queue, or sits out a short wait (null). */
  private async rest(): Promise<RunResult | null> {
    const end = this.end.state;
    if (end !== null) return await this.finish(end);
    if (this.pausing) return await this.comeToPause();
    const nearest = this.book.nearestWait();
    const sitsOut = nearest !== null && nearest.until - this.now() <= sitOutLimit(nearest.reason);
    if (this.leavesWork || (this.draining && sitsOut)) return await this.handBack();
    if (sitsOut) return await this.sitOut(nearest.until);
    return await this.fallAsleep(nearest?.until ?? null);
  }

  private async finish(end: EndState): Promise<RunResult> {
    this.book.skipUnreached();
    return this.held(await this.record(toMove(end)), { kind: 'ended', end });
  }

  private async comeToPause(): Promise<RunResult> {
    const result = await this.record({ to: 'paused' });
    // Resumed while its steps were ending: its deadline has not moved, and whoever claims it goes on.
    return result === 'signalled' ? await this.handBack() : this.held(result, { kind: 'asleep' });
  }

  private async sitOut(until: number): Promise<null> {
    if (this.book.hasChanges || this.log.hasLines) await this.record(null);
    await this.bell.heard(Math.max(0, until - this.now()));
    return null;
  }

  private async fallAsleep(until: number | null): Promise<RunResult> {
    const deadline = this.claimed.deadline_at?.getTime() ?? Infinity;
    const wake = Math.min(until ?? Infinity, deadline);
    const wakeAt = wake === Infinity ? null : new Date(wake);
    const result = await this.record({ to: 'waiting', wakeAt, signalSeq: this.claimed.signal_seq });
    // A signal came while it fell asleep. What it asks for stands in the row: be claimed anew.
    return result === 'signalled' ? await this.handBack() : this.held(result, { kind: 'asleep' });
  }

  private async handBack(): Promise<RunResult> {
    return this.held(await this.record({ to: 'queued' }), { kind: 'handed_back' });
  }

  private held(result: CheckpointResult, otherwise: RunResult): RunResult {
    return result === 'lost' ? { kind: 'lost' } : otherwise;
  }

  private async record(move: Move | null): Promise<CheckpointResult> {
    const steps = this.book.takeChanges();
    const result = await this.services.commit.submit(this.services.checkpoint, {
      executionId: this.claimed.id,
      workflowId: this.claimed.workflow_id,
      epoch: this.claimed.epoch,
      steps,
      logs: this.log.take(),
      stepTallies: this.end.state === null ? undefined : this.book.tallies.all,
      response: this.book.takeResponse(),
      move,
    });
    for (const step of steps) step.recorded();
    this.trace?.recorded(result !== 'lost');
    if (result === 'lost') this.lost = true;
    else this.services.onChange(this.claimed.id);
    return result;
  }

  private launch(prepared: PreparedStep): void {
    this.attempts.start(prepared);
    // Stopped while its start was being recorded.
    if (!this.end.isStopped(this.part)) return;
    this.attempts.abort(prepared.record, this.end.stopReason === 'timed_out' ? 'timeout' : 'cancelled');
  }

  private takeFinished(): void {
    for (const { record, result } of this.attempts.takeFinished()) {
      if (result.kind === 'aborted' && result.reason === 'shutdown') this.leavesWork = true;
      this.outcomes.settle(record, result, this.end.isStopped(this.part));
      if (record.hasStopped) this.stopBy(record);
    }
  }

  private async takeAnswers(): Promise<void> {
    this.mayBeAnswered = false;
    await this.answers.take();
  }

  /** A step has ended the execution, or the part that it stands in. */
  private stopBy(record: StepRecord): void {
    this.end.stopBy(partAt(this.plan, record.path), record.fields.output);
    if (!this.end.isStopped(this.part)) return;
    this.slot.unask();
    this.attempts.abortAll('cancelled');
  }

  private stop(reason: 'cancelled' | 'timed_out'): void {
    if (!this.end.stop(reason)) return;
    this.pausing = false;
    this.slot.unask();
    this.attempts.abortAll(reason === 'cancelled' ? 'cancelled' : 'timeout');
    this.bell.ring();
  }

  private armDeadline(): void {
    const at = this.claimed.deadline_at;
    if (at === null) return;
    const left = at.getTime() - this.now();
    // Woken by its deadline: it must not fall asleep again before a timer gets its turn.
    if (left <= 0) this.stop('timed_out');
    else this.deadline = setLongTimeout(() => this.stop('timed_out'), left);
  }

  private isLost(): boolean {
    return this.lost;
  }

  private now(): number {
    return this.services.clock.now() + this.clockOffset;
  }

  /** Resolves when an attempt has finished, a signal has come, or logged lines want to be written. */
  private async nextEvent(): Promise<void> {
    const limit = this.book.nearestLimit();
    await this.bell.heard(limit === null ? undefined : Math.max(0, limit - this.now()));
    // A step is logging: let more lines gather, unless something happens meanwhile.
    if (this.log.hasLines && !this.attempts.hasFinished) await this.bell.heard(LOG_FLUSH_MS);
  }
}

const NOTHING: Planned = {
  ready: [],
  skipped: [],
  closed: [],
  abandoned: [],
  aborted: [],
  opening: [],
  returned: [],
  ended: null,
};

function sitOutLimit(reason: string): number {
  return reason === 'retry' ? SIT_OUT_RETRY_MS : SIT_OUT_WAIT_MS;
}

function toMove({ status, outputJson, error, hasStopped }: EndState): Move {
  return { to: status, outputJson, error, ...(hasStopped === true && { hasStopped }) };
}
