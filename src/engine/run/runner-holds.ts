import { Injectable } from '@nestjs/common';
import type { ExecutionRun } from './execution-run.js';

/** The executions that this process holds; null while one is being claimed. */
@Injectable()
export class RunnerHolds {
  private readonly runs = new Map<string, ExecutionRun | null>();

  has(executionId: string): boolean {
    return this.runs.has(executionId);
  }

  get(executionId: string): ExecutionRun | null {
    return this.runs.get(executionId) ?? null;
  }

  set(executionId: string, run: ExecutionRun | null): void {
    this.runs.set(executionId, run);
  }

  delete(executionId: string): void {
    this.runs.delete(executionId);
  }

  get count(): number {
    return this.runs.size;
  }

  all(): ExecutionRun[] {
    return [...this.runs.values()].filter((run) => run !== null);
  }
}
