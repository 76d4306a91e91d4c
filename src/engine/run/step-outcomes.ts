import type { FanOut, NodeFailure, NodeOutcome, SuspendRequest, WebhookResponse } from '../../nodes/node.contract.js';
import type { Fan } from '../planner/fan.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import { decideRetry } from '../planner/retry-decision.js';
import { readBy, type SuspendedExpressions } from '../suspension/late-names.js';
import { askToRunAgain } from './run-again.js';
import type { AttemptResult } from './attempt.js';
import { INTERRUPTED, TIMEOUT, toFailure } from './failure.js';
import { serializeOutput } from './output.js';
import type { RunScope } from './run-scope.js';
import { STOPPED, type StepRecord } from './step-record.js';

/** A step that took its process down this often is not tried again. */
const MAX_INTERRUPTIONS = 3;

/** Turns what came of attempts into states of their steps, and counts, logs and traces what has ended. */
export class StepOutcomes {
  constructor(private readonly run: RunScope) {}

  /** @param stopping the execution is being stopped: a failure is final then. */
  settle(record: StepRecord, result: AttemptResult, stopping: boolean): void {
    this.endText(record);
    switch (result.kind) {
      case 'done':
        return this.complete(record, result.output, result.port ?? null);
      case 'respond':
        return this.respond(record, result.output);
      case 'stop':
        return this.complete(record, result.output, STOPPED);
      case 'enter':
        return this.enter(record, result.scope, result.port, result.output);
      case 'fan_out':
        // What it goes by is stored, so no secret may be in it.
        record.enterSeveral(this.run.services.redaction.value(result.fanOut) as FanOut);
        return this.run.book.changed(record);
      case 'wait':
        record.wait('timer', this.limited(record, result.until.getTime()), result.state);
        return this.run.book.changed(record);
      case 'suspend':
        return this.suspend(record, result);
      case 'retry':
        return this.fail(record, result.error, result.after, stopping);
      case 'fail':
        if (result.output !== undefined) this.keepOutput(record, result.output);
        return this.fail(record, result.error, null, stopping);
      case 'aborted':
        // Cut off by a shutdown or by a new owner: it stays `running`, and whoever comes next finds it interrupted.
        if (result.reason === 'cancelled') this.run.book.cancel(record.path);
    }
  }

  /** What is held back of the text that it showed has nothing to wait for any more. */
  private endText({ path, step, fields }: StepRecord): void {
    if (step.effect === 'pure') return;
    const { services, claimed } = this.run;
    services.onText({ executionId: claimed.id, stepPath: path, attempt: fields.attempt, text: '', isLast: true });
  }

  /** What it asks for is stored, so no secret may be in it. */
  private suspend(record: StepRecord, { request, until, state, shows }: Suspension): void {
    const { redaction } = this.run.services;
    const isChild = request.for === 'child';
    const kept = isChild ? { ...(state as object), places: this.run.book.names.placesAt(record.prefix) } : state;
    record.suspend(
      redaction.value(request.for === 'event' ? { ...request, late: this.lateOf(record) } : request) as SuspendRequest,
      this.limited(record, until?.getTime() ?? null),
      redaction.value(kept),
      shows,
    );
    this.run.book.changed(record);
  }

  /** A step with steps of its own, all of which have ended. */
  close(record: StepRecord, failedBy: string | null): void {
    if (record.fan !== null) return this.closeFan(record, record.fan, failedBy !== null);
    if (failedBy === null) {
      record.moveTo('completed', this.run.now());
      return this.ended(record);
    }
    if (record.isExpired) return this.fail(record, TIMEOUT, null, true);
    const cause = this.run.book.get(failedBy).fields.error;
    record.fields.error = { ...(cause ?? INTERRUPTED), step_path: cause?.step_path ?? failedBy };
    record.moveTo('failed', this.run.now());
    this.ended(record);
  }

  /** Failed or not, it tells what its instances gave. */
  private closeFan(record: StepRecord, fan: Fan, hasFailed: boolean): void {
    const output = this.run.services.types.get(record.step.type).gather(fan.results);
    if (!hasFailed) return this.complete(record, output, null);
    this.keepOutput(record, output);
    if (record.isExpired) return this.fail(record, TIMEOUT, null, true);
    record.fields.error = fan.failure ?? INTERRUPTED;
    record.moveTo('failed', this.run.now());
    this.ended(record);
  }

  private keepOutput(record: StepRecord, output: unknown): void {
    try {
      record.outputJson = serializeOutput(output);
      record.fields.output = output;
    } catch {
      record.fields.output = null;
      record.outputJson = null;
    }
  }

  /** A step whose attempt was cut off with its process. */
  interrupted(record: StepRecord): void {
    const { step } = record;
    const times = record.recentAttempts.filter((past) => past.error?.code === INTERRUPTED.code).length + 1;
    if (times >= MAX_INTERRUPTIONS) {
      const message = `This step was cut off ${times} times by the end of its process and is not tried again.`;
      return this.fail(record, { code: 'step_quarantined', message, retryable: false }, null, true);
    }
    if (step.effect === 'once' && step.onInterrupt === 'fail') return this.fail(record, INTERRUPTED, null, true);
    this.run.trace?.attemptEnded(record, this.run.now(), INTERRUPTED.code);
    record.pushAttempt({ code: INTERRUPTED.code, message: INTERRUPTED.message }, this.run.now());
    record.fields.attempt += 1;
    if (step.effect === 'once' && step.onInterrupt === 'ask')
      record.suspend(askToRunAgain(record), null, null, { asks: 'run_again' });
    else record.wait('retry', this.run.now(), null);
    this.run.book.changed(record);
  }

  /** What expressions that are evaluated outside of the run read of it: as values, without secrets. */
  private lateOf({ step, prefix }: StepRecord): SuspendedExpressions | undefined {
    const entries = Object.entries(step.late);
    if (entries.length === 0) return undefined;
    const names = this.run.book.names.at(prefix);
    const read = Object.fromEntries(entries.map(([field, { source }]) => [field, readBy(source, names)]));
    return read;
  }

  /** No wait lasts longer than the step's own timeout. */
  private limited(record: StepRecord, until: number): number;
  private limited(record: StepRecord, until: number | null): number | null;
  private limited(record: StepRecord, until: number | null): number | null {
    const { holdDeadline } = record;
    return holdDeadline === null ? until : Math.min(until ?? Infinity, holdDeadline);
  }

  private enter(record: StepRecord, scope: string | null, port: string, output: unknown): void {
    const inner = scope === null ? undefined : record.step.scopes[scope];
    if (inner === undefined || inner.steps.length === 0) return this.complete(record, output, port);
    record.fields.scope = scope;
    record.fields.port = port;
    record.fields.output = output;
    record.outputJson = serializeOutput(output);
    this.run.book.changed(record);
  }

  private complete(record: StepRecord, output: unknown, port: string | null): void {
    try {
      record.fields.output = this.run.services.redaction.value(this.mapped(record, output));
      record.outputJson = serializeOutput(record.fields.output);
    } catch (error) {
      record.fields.output = null;
      return this.fail(record, toFailure(error), null, true);
    }
    record.fields.port = port;
    record.moveTo('completed', this.run.now());
    this.ended(record);
  }

  /** The sender gets what the step says, whatever its output is mapped to. */
  private respond(record: StepRecord, response: WebhookResponse): void {
    this.complete(record, response, null);
    if (record.status === 'completed')
      this.run.book.respond(this.run.services.redaction.value(response) as WebhookResponse);
  }

  private mapped(record: StepRecord, output: unknown): unknown {
    const mapping = record.step.outputMapping;
    if (this.isMocked(record)) return output;
    return mapping === null ? output : mapping.evaluate({ ...this.run.book.names.at(record.prefix), output });
  }

  /** A mock is an output as it leaves the step. */
  private isMocked({ path, step }: StepRecord): boolean {
    return (this.run.mocks?.find(path, step.id) ?? null) !== null;
  }

  /** @param final it is not tried again, whatever its policy says. */
  fail(record: StepRecord, failure: NodeFailure, askedDelayMs: number | null, final: boolean): void {
    const now = this.run.now();
    const { fields, step } = record;
    const message = this.run.services.redaction.text(failure.message);
    const details =
      failure.details === undefined ? {} : { details: this.run.services.redaction.value(failure.details) };
    const inside = failure.step_path === undefined ? {} : { step_path: failure.step_path };
    const error = { code: failure.code, message, ...details, ...inside };
    const delay = final ? null : this.retryDelay(record, failure, askedDelayMs, now);
    if (delay === null) {
      fields.error = error;
      record.moveTo(failure.code === 'timeout' ? 'timed_out' : 'failed', now);
      this.run.log.add('error', `${failure.code}: ${message}`, undefined, record.path, fields.attempt);
      return this.ended(record);
    }
    this.run.trace?.attemptEnded(record, now, error.code);
    record.pushAttempt(error, now);
    fields.attempt += 1;
    record.wait('retry', now + delay, null);
    const again = `attempt ${record.recentAttempts.length + 1} of ${step.retry.maxAttempts} in ${delay} ms`;
    this.run.log.add('warn', `${failure.code}: ${message}; ${again}`, undefined, record.path, fields.attempt - 1);
    this.run.services.onRetry(step.type);
    this.run.book.changed(record);
  }

  private retryDelay(
    record: StepRecord,
    failure: NodeFailure,
    askedDelayMs: number | null,
    now: number,
  ): number | null {
    const past = record.recentAttempts.filter((attempt) => attempt.error?.code !== INTERRUPTED.code).length;
    const elapsedMs = now - (record.fields.firstStartedAt ?? now);
    const { code, retryable } = failure;
    return decideRetry(
      record.step.retry,
      { code, retryable, failures: past + 1, elapsedMs, askedDelayMs },
      Math.random(),
    );
  }

  private ended(record: StepRecord): void {
    this.run.book.changed(record);
    this.run.book.tallies.count(record);
    const { startedAt, finishedAt, error } = record.fields;
    this.run.trace?.attemptEnded(record, finishedAt ?? this.run.now(), error?.code ?? null);
    this.run.services.onStepEnd({
      executionId: this.run.claimed.id,
      workflowId: this.run.claimed.workflow_id,
      triggerType: this.run.claimed.trigger_type,
      stepPath: record.path,
      type: record.step.type,
      status: record.status,
      attempt: record.fields.attempt,
      durationMs: (finishedAt ?? 0) - (startedAt ?? finishedAt ?? 0),
      isTest: this.run.claimed.trigger_type === TEST_TRIGGER,
      errorCode: error?.code ?? null,
    });
  }
}

type Suspension = Extract<NodeOutcome, { kind: 'suspend' }>;
