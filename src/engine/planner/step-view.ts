export type StepStatus =
  'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled' | 'timed_out';

/** In place of a scope's name: it has entered several. No scope is called so. */
export const SEVERAL = '*';

/** What the planner must know of one step execution. No view: the step was not reached yet. */
export interface StepView {
  readonly status: StepStatus;
  /** The nested scope it has entered; null before, and for branches without steps. */
  readonly scope: string | null;
  /** The several scopes it has entered, or the one it enters again and again; none: see `scope`. */
  readonly fan?: FanView | null;
  /** The output port it leaves by; null: the only one. */
  readonly port: string | null;
  /** It holds steps, and its time is up. */
  readonly isExpired?: boolean;
}

/** One of several scopes that a step has entered, or one pass through a scope that it enters again and again. */
export interface FanInstance {
  /** The branch's name, or the pass's position. */
  readonly name: string;
  /** From 0. */
  readonly position: number;
  readonly scope: string;
  /** The step paths inside begin with it: `fork.left.`, `each[3].`. */
  readonly prefix: string;
  /** What a loop's pass is for. */
  readonly item: unknown;
}

/** What the planner must know of a step that has entered several scopes. Ended instances are out of sight. */
export interface FanView {
  readonly open: Iterable<FanInstance>;
  /** Whether a further instance may be opened. */
  readonly hasRoom: boolean;
  /** How the step ends; then open instances are left over. null: not known yet. */
  readonly verdict: 'completed' | 'failed' | null;
}

const TERMINAL: ReadonlySet<StepStatus> = new Set(['completed', 'failed', 'skipped', 'cancelled', 'timed_out']);

export function isTerminal(status: StepStatus): boolean {
  return TERMINAL.has(status);
}

/** Ended without success, so that `on_error` decides. */
export function isFailure(status: StepStatus): boolean {
  return status === 'failed' || status === 'timed_out';
}
