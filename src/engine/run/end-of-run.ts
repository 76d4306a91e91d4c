import type { Plan } from '../../definition/plan.js';
import type { Part } from '../planner/planner.js';
import { toFailure } from './failure.js';
import { serializeOutput } from './output.js';
import type { StepBook } from './step-book.js';
import type { ExecutionError } from './step-record.js';

export interface EndState {
  readonly status: 'completed' | 'failed' | 'cancelled' | 'timed_out';
  readonly output: unknown;
  readonly outputJson: string | null;
  readonly error: ExecutionError | null;
  /** A `stop` step has ended it. */
  readonly hasStopped?: boolean;
}

export type StopReason = 'completed' | 'cancelled' | 'timed_out';

/** How an execution comes to its end: which part follows which, and what the end is. */
export class EndOfRun {
  /** Set when it was asked to stop, took too long, or a step has ended it. */
  stopReason: StopReason | null = null;
  state: EndState | null = null;
  private part: Part = 'main';
  private failure: ExecutionError | null = null;
  private readonly stoppedParts = new Set<Part>();
  private stopOutput: unknown = null;

  constructor(
    private readonly plan: Plan,
    private readonly book: StepBook,
  ) {}

  /** @returns false when there is nothing left to stop: `finally` runs whatever happens. */
  stop(reason: 'cancelled' | 'timed_out'): boolean {
    if (this.part === 'finally' || this.state !== null) return false;
    // `on_failure` may go on when the time is up: that is what it is for.
    if (this.part === 'on_failure' && reason === 'timed_out') return false;
    // What a step has ended is over, however long the rest takes to give up; only a cancel still counts.
    if (this.stopReason === 'completed' && reason !== 'cancelled') return false;
    this.stopReason = reason;
    return true;
  }

  /** A step ends the execution. In `on_failure` and `finally` it ends that part only: what happened before stays. */
  stopBy(part: Part, output: unknown): void {
    this.stoppedParts.add(part);
    if (part !== 'main' || this.stopReason !== null) return;
    this.stopReason = 'completed';
    this.stopOutput = output;
  }

  /** Whether nothing more starts in this part. */
  isStopped(part: Part): boolean {
    if (this.stoppedParts.has(part)) return true;
    if (this.stopReason === null || part === 'finally') return false;
    return part === 'main' || this.stopReason === 'cancelled';
  }

  /** @returns the part that comes next; null when the execution is over, with `state` set. */
  partEnded(part: Part, failedBy: string | null): Part | null {
    if (failedBy !== null) this.failure ??= this.errorOf(failedBy);
    if (part === 'main' && this.stopReason === 'timed_out') this.failure = TIMED_OUT;
    this.part = this.following(part);
    const status = this.status();
    this.book.names.setOutcome(status, this.failure);
    if (this.part !== part) return this.part;
    this.state = this.endState(status);
    return null;
  }

  /** The part itself when it was the last. */
  private following(part: Part): Part {
    const failed = this.failure !== null && this.stopReason !== 'cancelled';
    if (part === 'main' && failed && this.plan.onFailure !== null) return 'on_failure';
    return part !== 'finally' && this.plan.finally !== null ? 'finally' : part;
  }

  private status(): EndState['status'] {
    if (this.stopReason === 'cancelled' || this.stopReason === 'timed_out') return this.stopReason;
    return this.failure === null ? 'completed' : 'failed';
  }

  private endState(status: EndState['status']): EndState {
    if (status === 'cancelled') return { status, output: null, outputJson: null, error: CANCELLED };
    if (status !== 'completed') return { status, output: null, outputJson: null, error: this.failure };
    try {
      const output = this.output();
      const hasStopped = this.stopReason === 'completed';
      return { status, output, outputJson: serializeOutput(output), error: null, hasStopped };
    } catch (error) {
      const { code, message, details } = toFailure(error);
      return { status: 'failed', output: null, outputJson: null, error: { code, message, details, step_path: null } };
    }
  }

  private output(): unknown {
    if (this.stopReason === 'completed') return this.stopOutput;
    return this.plan.output === null ? this.book.lastOutput : this.plan.output.evaluate(this.book.names.at(''));
  }

  private errorOf(path: string): ExecutionError {
    const { error } = this.book.get(path).fields;
    const { code, message, details } = error ?? {
      code: 'internal',
      message: `step ${path} failed`,
      details: undefined,
    };
    return { code, message, details, step_path: error?.step_path ?? path };
  }
}

const TIMED_OUT: ExecutionError = {
  code: 'timeout',
  message: 'The execution took longer than its timeout.',
  step_path: null,
};

const CANCELLED: ExecutionError = { code: 'cancelled', message: 'The execution was cancelled.', step_path: null };
