import type { Effect } from './type-catalogue.js';

/**
 * The compiled graph of a version: what the engine runs. Immutable, shared by all executions of the version, and free of
 * everything that only the author of the text needs.
 */
export interface Plan {
  readonly name: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** JSON Schema of the input; null when none was given. */
  readonly inputSchema: Readonly<Record<string, unknown>> | null;
  readonly output: Template | null;
  /** Of the whole execution, waiting included; null: the server's default. */
  readonly timeoutMs: number | null;
  readonly maxParallel: number;
  readonly concurrency: ConcurrencyRule | null;
  readonly retentionMs: number | null;
  readonly main: Scope;
  readonly onFailure: Scope | null;
  readonly finally: Scope | null;
  /** Every step by its plan path: `fetch`, `check.big`, `each[].save`, `fork.left.x`. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  readonly triggers: readonly PlannedTrigger[];
}

export interface ConcurrencyRule {
  readonly key: Template | null;
  readonly limit: number;
  readonly onLimit: 'queue' | 'skip' | 'cancel_running' | 'fail';
}

/** A list of steps that may depend on each other: a definition's own, a branch, a loop body. */
export interface Scope {
  /** `steps`, `on_failure`, `finally`, `then`, `else`, `cases[0]`, `default`, `body`, `branches.left`. */
  readonly name: string;
  /** In topological order; ties in the order written. */
  readonly steps: readonly PlanStep[];
}

export interface PlanStep {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** The plan path: the step path with `[]` for every index. */
  readonly path: string;
  readonly config: Template;
  readonly when: Expression | null;
  /** Config fields that are evaluated later, with more names, by where they stand: `while` of a loop. */
  readonly late: Readonly<Record<string, Expression>>;
  readonly inputMapping: Template | null;
  /** Sees `output` beside the usual names. */
  readonly outputMapping: Template | null;
  readonly dependsOn: readonly Dependency[];
  /** null: the default rule (all have ended, and one at least was not skipped). */
  readonly join: 'all' | 'any' | 'all_done' | null;
  /** Of one attempt that works. */
  readonly timeoutMs: number | null;
  /** Of one attempt that holds steps or waits: what `defaults` say is for work, and does not bound these. */
  readonly holdTimeoutMs: number | null;
  readonly retry: RetryPolicy;
  readonly onError: 'fail' | 'continue' | { readonly goto: string };
  readonly onInterrupt: 'retry' | 'fail' | 'ask';
  /** 1 (last) to 10 (first): which ready step starts first when `maxParallel` holds some back. */
  readonly priority: number;
  readonly effect: Effect;
  readonly disabled: boolean;
  /** A loop whose passes are under way one at a time: each follows the one before it. */
  readonly passesFollow: boolean;
  /** Steps inside this step, by scope name. */
  readonly scopes: Readonly<Record<string, Scope>>;
}

/** An edge into a step, from a sibling in the same scope. */
export interface Dependency {
  /** The sibling's id. */
  readonly on: string;
  /** Only this output port of it; the edge is dead when another port was taken. null: whatever the port. */
  readonly port: string | null;
}

export interface RetryPolicy {
  /** Attempts in all, the first included. 1: no retry. */
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
  readonly backoffFactor: number;
  /** 0 to 1: the share of the delay that is spread at random. */
  readonly jitter: number;
  /** Error codes, with `*`; empty: every retryable error. */
  readonly retryOn: readonly string[];
  readonly abortOn: readonly string[];
  /** From the first attempt's start; null: no limit. */
  readonly maxDurationMs: number | null;
}

export interface PlannedTrigger {
  readonly type: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly isEnabled: boolean;
  readonly filter: string | null;
  readonly input: unknown;
  readonly priority: number | null;
  readonly dedup: { readonly key: string | null; readonly ttlMs: number | null } | null;
  readonly startAt: string | null;
  readonly endAt: string | null;
  readonly mode: 'execute' | 'notify' | null;
}

/** The values that an expression may see, by name. Values are plain JSON values; `steps` may be built lazily. */
export type Names = Readonly<Record<string, unknown>>;

/** A compiled value in which strings may hold `{{ … }}`; everything else stays as it is. */
export interface Template {
  /** True when nothing in it depends on names: `evaluate` returns the value as written. */
  readonly isConstant: boolean;
  /** @throws ExpressionError code `expression_failed`, with the expression and the path in the template. */
  evaluate(names: Names): unknown;
}

/** One compiled CEL expression. */
export interface Expression {
  readonly source: string;
  /** @throws ExpressionError */
  evaluate(names: Names): unknown;
  /** The value, which must be a boolean. @throws ExpressionError when it is not. */
  test(names: Names): boolean;
}
