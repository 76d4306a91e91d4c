import type { PlanStep } from '../../definition/plan.js';
import { newIdWithin } from '../../common/ids.js';
import type { FanOut, SuspendFor, SuspendRequest } from '../../nodes/node.contract.js';
import { Fan } from '../planner/fan.js';
import { assertStepMove } from '../planner/state-tables.js';
import { isTerminal, SEVERAL, type StepStatus, type StepView } from '../planner/step-view.js';
import type { PlacedStep } from '../planner/planner.js';

export interface StepError {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  /** Of a step with steps of its own: the step inside that failed it. */
  readonly step_path?: string;
}

/** The error of an execution; `step_path` is null when no step is to blame. */
export type ExecutionError = Omit<StepError, 'step_path'> & { readonly step_path: string | null };

/** An attempt that is over, while another follows. Times are RFC 3339. */
export interface PastAttempt {
  readonly attempt: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  /** null: it had completed, and a retry of the execution ran the step again. */
  readonly error: StepError | null;
  /** The attempt of the execution in which it was made; left out for the present one. */
  readonly execution_attempt?: number;
}

/** Why a step waits, as the API shows it. */
export interface Waiting {
  readonly for: 'timer' | 'approval' | 'event' | 'child' | 'retry';
  /** RFC 3339; null: until somebody acts. */
  readonly until: string | null;
  /** RFC 3339: when the attempt that waits has begun; none for a retry. */
  readonly since?: string;
  /** By which it can be answered. */
  readonly token?: string;
  readonly url?: string;
  /** The child execution it waits for. */
  readonly execution_id?: string;
  /** The engine itself asks: whether a step that was cut off shall run again. */
  readonly asks?: 'run_again';
}

/** An answer to a waiting step, on its way from outside. */
export interface StepAnswer {
  readonly value: unknown;
}

const SUSPENDED: readonly string[] = ['approval', 'event', 'child'];

/** What a step that waits for an answer waits for; null: it waits for a time only. */
export function suspendedFor(waiting: Waiting | null): SuspendFor | null {
  return waiting !== null && SUSPENDED.includes(waiting.for) ? (waiting.for as SuspendFor) : null;
}

/** A step execution as `step_execution` holds it. Times are milliseconds since the epoch. */
export interface StepFields {
  readonly id: string;
  status: StepStatus;
  attempt: number;
  scope: string | null;
  port: string | null;
  input: unknown;
  output: unknown;
  error: StepError | null;
  waiting: Waiting | null;
  waitUntil: number | null;
  waitState: unknown;
  attempts: PastAttempt[];
  firstStartedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
}

/** In place of an output port: the step has ended the execution. No port is called so. */
export const STOPPED = '#stop';

/** A step execution in the memory of its owner. */
export class StepRecord implements StepView {
  readonly step: PlanStep;
  readonly path: string;
  /** The JSON text of `output`, made once when the step ends. */
  outputJson: string | null = null;
  /** While it has entered several scopes. What it goes by stands in `wait_state`, and so survives its owner. */
  fan: Fan | null = null;
  /** Given to it while it waits, and not taken over yet. */
  answer: StepAnswer | null = null;
  /** Unlike `started_at` it stays when the step goes on after a wait. */
  private attemptStartedAt: number | null;
  /** It holds steps, and its time is up. */
  isExpired = false;
  /** Its time was up before anybody answered, and no answer counts any more. */
  isOutOfTime = false;
  /** To be opened, or closed, with the next checkpoint. */
  opening: SuspendRequest | null = null;
  closing: SuspendFor | null = null;

  constructor(
    placed: PlacedStep,
    readonly fields: StepFields,
  ) {
    this.step = placed.step;
    this.path = placed.path;
    this.attemptStartedAt = startOf(fields);
    if (fields.scope === SEVERAL && fields.status === 'running')
      this.fan = new Fan(this.path, fields.waitState as FanOut);
  }

  static fresh(executionId: string, placed: PlacedStep, now: number): StepRecord {
    return new StepRecord(placed, {
      id: newIdWithin(executionId, now),
      status: 'pending',
      attempt: 1,
      scope: null,
      port: null,
      input: null,
      output: null,
      error: null,
      waiting: null,
      waitUntil: null,
      waitState: null,
      attempts: [],
      firstStartedAt: null,
      startedAt: null,
      finishedAt: null,
    });
  }

  get status(): StepStatus {
    return this.fields.status;
  }

  get scope(): string | null {
    return this.fields.scope === SEVERAL ? null : this.fields.scope;
  }

  get port(): string | null {
    return this.fields.port;
  }

  /** Whether it runs steps of its own at the moment. */
  get isEntered(): boolean {
    return this.fields.scope !== null && this.fields.status === 'running';
  }

  /** Until when this attempt may hold steps or wait, in milliseconds since the epoch; null: for as long as it takes. */
  get holdDeadline(): number | null {
    const { holdTimeoutMs } = this.step;
    return holdTimeoutMs === null || this.attemptStartedAt === null ? null : this.attemptStartedAt + holdTimeoutMs;
  }

  /** When the present attempt has begun, milliseconds since the epoch; waiting belongs to it. */
  get attemptBeganAt(): number | null {
    return this.attemptStartedAt;
  }

  /** Whether it has ended the execution. */
  get hasStopped(): boolean {
    return this.fields.port === STOPPED && this.fields.status === 'completed';
  }

  enterSeveral(rules: FanOut): void {
    this.fields.scope = SEVERAL;
    this.fields.waitState = rules;
    this.fan = new Fan(this.path, rules);
  }

  /** Everything before the last dot, dot included: `check.`; empty at the top. */
  get prefix(): string {
    return this.path.slice(0, this.path.length - this.step.id.length);
  }

  /** @throws RangeError when the state table does not allow it. */
  moveTo(status: StepStatus, now: number): void {
    assertStepMove(this.fields.status, status);
    // A step that goes on after a wait is in the same attempt as before.
    const goesOn = this.fields.status === 'waiting' && !beginsAnew(this.fields.waiting);
    this.fields.status = status;
    if (status === 'running') {
      if (!goesOn) this.attemptStartedAt = now;
      this.fields.startedAt = now;
      this.fields.firstStartedAt ??= now;
    }
    if (status !== 'waiting') {
      this.leaveSuspension();
      this.fields.waiting = null;
      this.fields.waitUntil = null;
    }
    if (isTerminal(status)) {
      this.fields.finishedAt = now;
      this.isExpired = false;
      // A retry may go on with what a fan-out has left undone.
      if (this.fan === null || status === 'completed') this.fields.waitState = null;
      this.fan = null;
    }
  }

  wait(reason: Waiting['for'], until: number | null, state: unknown): void {
    assertStepMove(this.fields.status, 'waiting');
    this.fields.status = 'waiting';
    this.fields.waiting = { for: reason, until: rfc3339(until), ...this.since(reason) };
    this.fields.waitUntil = until;
    this.fields.waitState = state;
  }

  /** Waits for an answer, until `until` at most. */
  suspend(request: SuspendRequest, until: number | null, state: unknown, shows?: Omit<Waiting, 'for' | 'until'>): void {
    this.wait(request.for, until, state);
    this.fields.waiting = { ...shows, for: request.for, until: rfc3339(until), ...this.since(request.for) };
    this.opening = request;
  }

  /** Its last change is recorded. */
  recorded(): void {
    this.opening = null;
    this.closing = null;
  }

  private since(reason: Waiting['for']): Pick<Waiting, 'since'> {
    const since = rfc3339(this.attemptStartedAt);
    return reason === 'retry' || since === null ? {} : { since };
  }

  /** What was never opened needs no closing. */
  private leaveSuspension(): void {
    if (this.opening === null) this.closing ??= suspendedFor(this.fields.waiting);
    this.opening = null;
    this.answer = null;
    this.isOutOfTime = false;
  }

  /** Past attempts of the present attempt of the execution: a retry of that one begins to count anew. */
  get recentAttempts(): readonly PastAttempt[] {
    return this.fields.attempts.filter((past) => past.execution_attempt === undefined);
  }

  /** Keeps the attempt that just failed and makes room for the next. */
  pushAttempt(error: StepError, now: number): void {
    const { attempt, startedAt } = this.fields;
    this.fields.attempts.push({ attempt, started_at: rfc3339(startedAt), finished_at: rfc3339(now), error });
  }
}

function startOf({ waiting, startedAt }: StepFields): number | null {
  return waiting?.since === undefined ? startedAt : Date.parse(waiting.since);
}

function rfc3339(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** After such a wait comes another attempt. */
function beginsAnew(waiting: Waiting | null): boolean {
  return waiting?.for === 'retry' || waiting?.asks !== undefined;
}
