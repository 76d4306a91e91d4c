import type { Names, Plan } from '../../definition/plan.js';
import type {
  FanOut,
  NodeFailure,
  NodeOutcome,
  NodeTools,
  NodeType,
  Resumed,
  StepFiles,
  StepJournal,
  SuspendRequest,
  WebhookResponse,
} from '../../nodes/node.contract.js';
import { NO_FILES, OwnedFiles } from '../files/step-files.js';
import { NodeError } from '../../nodes/nodes.errors.js';
import type { Fan } from '../planner/fan.js';
import { TEST_TRIGGER } from '../engine.contract.js';
import { decideRetry } from '../planner/retry-decision.js';
import { readBy, type SuspendedExpressions } from '../suspension/late-names.js';
import { askToRunAgain, isRefused } from './run-again.js';
import type { PlacedStep } from '../planner/planner.js';
import type { AttemptContext, AttemptResult } from './attempt.js';
import type { ClaimedExecution } from './claim.statement.js';
import { INTERRUPTED, TIMEOUT, toFailure } from './failure.js';
import { serializeOutput } from './output.js';
import { Mocks, type Mock } from './mocks.js';
import type { RunLog } from './run-log.js';
import type { RunTrace } from './run-trace.js';
import type { RunServices } from './run-services.js';
import type { StepBook } from './step-book.js';
import { STOPPED, StepRecord, suspendedFor } from './step-record.js';
import { isWithheldFrom, WITHHELD_CONNECTIONS, WITHHELD_SECRETS } from './withheld.js';

export interface PreparedStep {
  readonly record: StepRecord;
  readonly node: NodeType;
  readonly context: AttemptContext;
}

/** A step that took its process down this often is not tried again. */
const MAX_INTERRUPTIONS = 3;

/** Takes single steps through their attempts: prepares them, and turns results into states. */
export class StepRunner {
  /** null: it is no test run. */
  private readonly mocks: Mocks | null;

  constructor(
    private readonly claimed: ClaimedExecution,
    private readonly plan: Plan,
    private readonly services: RunServices,
    private readonly book: StepBook,
    private readonly log: RunLog,
    private readonly now: () => number,
    /** null: no traces are sent. */
    private readonly trace: RunTrace | null = null,
  ) {
    this.mocks = claimed.mocks === undefined ? null : new Mocks(claimed.mocks);
  }

  async loadSecrets(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    if (isWithheldFrom(this.claimed)) {
      this.book.names.secrets = WITHHELD_SECRETS;
      return;
    }
    const values: Record<string, string> = {};
    for (const name of names) {
      const value = await this.services.secrets.get(name);
      if (value !== undefined) values[name] = value;
    }
    this.book.names.secrets = values;
  }

  /**
   * Makes a step ready to run: `when`, config and input are evaluated, and it counts as running from here.
   * @param next a step that is reached for the first time, or one that has waited.
   * @returns null when it ended right here: skipped by `when`, mocked, or failed by an expression or its config.
   */
  prepare(next: PlacedStep | StepRecord): PreparedStep | null {
    const record = next instanceof StepRecord ? next : this.book.open(next);
    const names = this.book.names.at(record.prefix);
    const resumed = resumption(record);
    if (resumed?.answer === null && hasWaitedOut(record)) {
      this.fail(record, TIMEOUT, null, false);
      return null;
    }
    try {
      if (next !== record && (record.step.disabled || !this.wants(record, names))) {
        this.book.skip(record);
        return null;
      }
      if (isRefused(record)) throw new NodeError(INTERRUPTED.code, 'It was cut off, and is not to run again.');
      const mock = this.mockOf(record);
      if (mock !== null) {
        this.mock(record, mock, names);
        return null;
      }
      const prepared = this.resolve(record, names, resumed);
      record.moveTo('running', this.now());
      this.book.changed(record);
      return prepared;
    } catch (error) {
      record.moveTo('running', this.now());
      this.fail(record, toFailure(error), null, true);
      return null;
    }
  }

  /** Whether it is over here and now: it has no effects, or a mock stands in for it. */
  isQuick({ step, path }: PlacedStep | StepRecord): boolean {
    return step.effect === 'pure' || (this.mocks !== null && this.mocks.find(path, step.id) !== null);
  }

  /** Runs a step without effects here and now: it needs no record of its start. */
  async runPure(prepared: PreparedStep): Promise<void> {
    const { record, node, context } = prepared;
    const log = this.log.forStep(record);
    let outcome: NodeOutcome;
    try {
      const given = node.execute({ ...context, log, signal: NEVER });
      outcome = given instanceof Promise ? await given : given;
    } catch (error) {
      outcome = { kind: 'fail', error: toFailure(error) };
    }
    this.settle(record, outcome, false);
  }

  /** @param stopping the execution is being stopped: a failure is final then. */
  settle(record: StepRecord, result: AttemptResult, stopping: boolean): void {
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
        record.enterSeveral(this.services.redaction.value(result.fanOut) as FanOut);
        return this.book.changed(record);
      case 'wait':
        record.wait('timer', this.limited(record, result.until.getTime()), result.state);
        return this.book.changed(record);
      case 'suspend':
        return this.suspend(record, result);
      case 'retry':
        return this.fail(record, result.error, result.after, stopping);
      case 'fail':
        if (result.output !== undefined) this.keepOutput(record, result.output);
        return this.fail(record, result.error, null, stopping);
      case 'aborted':
        // Cut off by a shutdown or by a new owner: it stays `running`, and whoever comes next finds it interrupted.
        if (result.reason === 'cancelled') this.book.cancel(record.path);
    }
  }

  /** What it asks for is stored, so no secret may be in it. */
  private suspend(record: StepRecord, { request, until, state, shows }: Suspension): void {
    const { redaction } = this.services;
    const isChild = request.for === 'child';
    const kept = isChild ? { ...(state as object), places: this.book.names.placesAt(record.prefix) } : state;
    record.suspend(
      redaction.value(request.for === 'event' ? { ...request, late: this.lateOf(record) } : request) as SuspendRequest,
      this.limited(record, until?.getTime() ?? null),
      redaction.value(kept),
      shows,
    );
    this.book.changed(record);
  }

  /** A step with steps of its own, all of which have ended. */
  close(record: StepRecord, failedBy: string | null): void {
    if (record.fan !== null) return this.closeFan(record, record.fan, failedBy !== null);
    if (failedBy === null) {
      record.moveTo('completed', this.now());
      return this.ended(record);
    }
    if (record.isExpired) return this.fail(record, TIMEOUT, null, true);
    const cause = this.book.get(failedBy).fields.error;
    record.fields.error = { ...(cause ?? INTERRUPTED), step_path: cause?.step_path ?? failedBy };
    record.moveTo('failed', this.now());
    this.ended(record);
  }

  /** Failed or not, it tells what its instances gave. */
  private closeFan(record: StepRecord, fan: Fan, hasFailed: boolean): void {
    const output = this.services.types.get(record.step.type).gather(fan.results);
    if (!hasFailed) return this.complete(record, output, null);
    this.keepOutput(record, output);
    if (record.isExpired) return this.fail(record, TIMEOUT, null, true);
    record.fields.error = fan.failure ?? INTERRUPTED;
    record.moveTo('failed', this.now());
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
    this.trace?.attemptEnded(record, this.now(), INTERRUPTED.code);
    record.pushAttempt({ code: INTERRUPTED.code, message: INTERRUPTED.message }, this.now());
    record.fields.attempt += 1;
    if (step.effect === 'once' && step.onInterrupt === 'ask')
      record.suspend(askToRunAgain(record), null, null, { asks: 'run_again' });
    else record.wait('retry', this.now(), null);
    this.book.changed(record);
  }

  /** What expressions that are evaluated outside of the run read of it: as values, without secrets. */
  private lateOf({ step, prefix }: StepRecord): SuspendedExpressions | undefined {
    const entries = Object.entries(step.late);
    if (entries.length === 0) return undefined;
    const names = this.book.names.at(prefix);
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

  private mockOf({ path, step }: StepRecord): Mock | null {
    return this.mocks === null ? null : this.mocks.find(path, step.id);
  }

  /** The node does not run, and nothing is tried again: the mock is the result. */
  private mock(record: StepRecord, mock: Mock, names: Names): void {
    record.fields.input = this.inputOfMocked(record, names);
    record.moveTo('running', this.now());
    this.log.add('info', 'mocked: the node of this step did not run', undefined, record.path, record.fields.attempt);
    if (mock.kind === 'failure') return this.fail(record, mock.error, null, true);
    this.settle(record, this.services.types.get(record.step.type).mocked(mock.output), false);
  }

  /** Shown for information only: what it needs may not be there in a test. */
  private inputOfMocked({ step }: StepRecord, names: Names): unknown {
    try {
      return this.services.redaction.value((step.inputMapping ?? step.config).evaluate(names));
    } catch {
      return null;
    }
  }

  private wants(record: StepRecord, names: Names): boolean {
    return record.step.when === null || record.step.when.test(names);
  }

  private resolve(record: StepRecord, names: Names, resumed: Resumed | null): PreparedStep {
    const { step, path } = record;
    const node = this.services.types.get(step.type);
    const config = step.config.evaluate(names);
    const mapped = step.inputMapping?.evaluate(names);
    record.fields.input = this.services.redaction.value(mapped ?? config);
    const context: AttemptContext = {
      config: this.services.types.resolve(step.type, config),
      input: mapped ?? this.claimed.input,
      executionId: this.claimed.id,
      workflowId: this.claimed.workflow_id,
      stepExecutionId: record.fields.id,
      stepPath: path,
      ...(this.mocks !== null && { isTest: true }),
      attempt: record.fields.attempt,
      idempotencyKey: `${this.claimed.id}:${path}`,
      connections: isWithheldFrom(this.claimed) ? WITHHELD_CONNECTIONS : this.services.connections,
      now: this.now,
      tell: (text) => this.services.onText(this.claimed.id, path, record.fields.attempt, text),
      ...(step.effect !== 'pure' && { journal: this.journalOf(record) }),
      files: step.effect === 'pure' ? NO_FILES : this.filesOf(path),
      resumed,
    };
    return { record, node, context: { ...context, nodes: this.toolsOf(context) } };
  }

  private journalOf({ fields }: StepRecord): StepJournal {
    const { id: executionId, epoch, attempt } = this.claimed;
    return this.services.journalOf({ stepExecutionId: fields.id, executionId, epoch, attempt });
  }

  private toolsOf(context: AttemptContext): NodeTools {
    const { types } = this.services;
    return {
      describe: (type) => types.describe(type),
      run: async (type, config, as) =>
        await types.get(type).execute({ ...context, ...as, config: types.resolve(type, config), resumed: null }),
    };
  }

  private filesOf(stepPath: string): StepFiles {
    const { id: executionId, epoch } = this.claimed;
    const { files, redaction } = this.services;
    return new OwnedFiles(files, { executionId, epoch, stepPath }, (text) => redaction.text(text));
  }

  private enter(record: StepRecord, scope: string | null, port: string, output: unknown): void {
    const inner = scope === null ? undefined : record.step.scopes[scope];
    if (inner === undefined || inner.steps.length === 0) return this.complete(record, output, port);
    record.fields.scope = scope;
    record.fields.port = port;
    record.fields.output = output;
    record.outputJson = serializeOutput(output);
    this.book.changed(record);
  }

  private complete(record: StepRecord, output: unknown, port: string | null): void {
    try {
      record.fields.output = this.services.redaction.value(this.mapped(record, output));
      record.outputJson = serializeOutput(record.fields.output);
    } catch (error) {
      record.fields.output = null;
      return this.fail(record, toFailure(error), null, true);
    }
    record.fields.port = port;
    record.moveTo('completed', this.now());
    this.ended(record);
  }

  /** The sender gets what the step says, whatever its output is mapped to. */
  private respond(record: StepRecord, response: WebhookResponse): void {
    this.complete(record, response, null);
    if (record.status === 'completed') this.book.respond(this.services.redaction.value(response) as WebhookResponse);
  }

  private mapped(record: StepRecord, output: unknown): unknown {
    const mapping = record.step.outputMapping;
    if (this.mockOf(record) !== null) return output;
    return mapping === null ? output : mapping.evaluate({ ...this.book.names.at(record.prefix), output });
  }

  /** @param final it is not tried again, whatever its policy says. */
  private fail(record: StepRecord, failure: NodeFailure, askedDelayMs: number | null, final: boolean): void {
    const now = this.now();
    const { fields, step } = record;
    const message = this.services.redaction.text(failure.message);
    const details = failure.details === undefined ? {} : { details: this.services.redaction.value(failure.details) };
    const inside = failure.step_path === undefined ? {} : { step_path: failure.step_path };
    const error = { code: failure.code, message, ...details, ...inside };
    const delay = final ? null : this.retryDelay(record, failure, askedDelayMs, now);
    if (delay === null) {
      fields.error = error;
      record.moveTo(failure.code === 'timeout' ? 'timed_out' : 'failed', now);
      this.log.add('error', `${failure.code}: ${message}`, undefined, record.path, fields.attempt);
      return this.ended(record);
    }
    this.trace?.attemptEnded(record, now, error.code);
    record.pushAttempt(error, now);
    fields.attempt += 1;
    record.wait('retry', now + delay, null);
    const again = `attempt ${record.recentAttempts.length + 1} of ${step.retry.maxAttempts} in ${delay} ms`;
    this.log.add('warn', `${failure.code}: ${message}; ${again}`, undefined, record.path, fields.attempt - 1);
    this.services.onRetry(step.type);
    this.book.changed(record);
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
    this.book.changed(record);
    this.book.tallies.count(record);
    const { startedAt, finishedAt, error } = record.fields;
    this.trace?.attemptEnded(record, finishedAt ?? this.now(), error?.code ?? null);
    this.services.onStepEnd({
      executionId: this.claimed.id,
      workflowId: this.claimed.workflow_id,
      triggerType: this.claimed.trigger_type,
      stepPath: record.path,
      type: record.step.type,
      status: record.status,
      attempt: record.fields.attempt,
      durationMs: (finishedAt ?? 0) - (startedAt ?? finishedAt ?? 0),
      isTest: this.claimed.trigger_type === TEST_TRIGGER,
      errorCode: error?.code ?? null,
    });
  }
}

/** Steps without effects are over before anything could abort them. */
const NEVER = new AbortController().signal;

type Suspension = Extract<NodeOutcome, { kind: 'suspend' }>;

/** A step that is tried again begins anew; one that has waited is told what came of it. */
function resumption({ fields, answer }: StepRecord): Resumed | null {
  if (fields.waiting?.asks !== undefined) return null;
  if (fields.waiting?.for === 'timer') return { state: fields.waitState, answer: null };
  return suspendedFor(fields.waiting) === null ? null : { state: fields.waitState, answer };
}

/** Its own timeout came before what it waited for. */
function hasWaitedOut({ fields, holdDeadline }: StepRecord): boolean {
  return holdDeadline !== null && fields.waitUntil !== null && fields.waitUntil >= holdDeadline;
}
