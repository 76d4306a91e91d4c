import { Injectable } from '@nestjs/common';
import type { ExecutionRun } from './execution-run.js';

/** What may be asked of an owner while it holds an execution. */
export type Ask = 'cancel' | 'pause' | 'lookForAnswers';

/** The executions that this process holds; null while one is being claimed. */
@Injectable()
export class RunnerHolds {
  private readonly runs = new Map<string, ExecutionRun | null>();
  private readonly waiting: (() => void)[] = [];
  /** Asked of executions that are being claimed: the claim may have been committed before the question was. */
  private readonly early = new Map<string, Set<Ask>>();

  has(executionId: string): boolean {
    return this.runs.has(executionId);
  }

  set(executionId: string, run: ExecutionRun | null): void {
    this.runs.set(executionId, run);
    if (run === null) return;
    for (const ask of this.early.get(executionId) ?? []) run[ask]();
    this.early.delete(executionId);
  }

  /** Does nothing for an execution that this process does not hold. */
  ask(executionId: string, ask: Ask): void {
    const run = this.runs.get(executionId);
    if (run === null) this.early.set(executionId, (this.early.get(executionId) ?? new Set()).add(ask));
    else run?.[ask]();
  }

  ids(): string[] {
    return [...this.runs.keys()];
  }

  delete(executionId: string): void {
    this.runs.delete(executionId);
    this.early.delete(executionId);
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when one of them is let go. */
  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  get count(): number {
    return this.runs.size;
  }

  all(): ExecutionRun[] {
    return [...this.runs.values()].filter((run) => run !== null);
  }
}
