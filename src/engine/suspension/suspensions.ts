import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import type { AfterCommit } from '../../common/database/group-commit.js';
import type { SuspendFor, SuspendRequest } from '../../nodes/node.contract.js';

/** A step that has begun to wait for an answer. */
export interface Suspended {
  readonly executionId: string;
  readonly workflowId: string;
  readonly stepExecutionId: string;
  readonly stepPath: string;
  readonly attempt: number;
  /** null: until it is answered. */
  readonly until: Date | null;
  readonly request: SuspendRequest;
  /** What the step left for itself. */
  readonly state: unknown;
}

/** A step that waits no longer, for whatever reason: answered, out of time, cancelled. */
export interface Unsuspended {
  readonly stepExecutionId: string;
  readonly for: SuspendFor;
}

/** What steps may wait for: child executions, decisions of people, events. Answers come by `StepAnswers`. */
export interface SuspensionKind {
  /**
   * Opens what the steps ask for, in the transaction that records that they wait. May be run again for the same steps
   * when a commit was not seen: it must leave the same state then.
   */
  open(client: PoolClient, steps: readonly Suspended[], afterCommit: AfterCommit): Promise<void>;
  /** Closes what is left open. Told of every step that waits no longer, also of those that were answered. */
  close(client: PoolClient, stepExecutionIds: readonly string[], afterCommit: AfterCommit): Promise<void>;
}

/** The kinds of suspension; each part of the engine registers its own when the server starts. */
@Injectable()
export class Suspensions {
  private readonly kinds = new Map<SuspendFor, SuspensionKind>();

  register(reason: SuspendFor, kind: SuspensionKind): void {
    if (this.kinds.has(reason)) throw new Error(`what steps wait for is registered twice: ${reason}`);
    this.kinds.set(reason, kind);
  }

  /** Runs no query when nothing was opened or closed. */
  async follow(
    client: PoolClient,
    opened: readonly Suspended[],
    closed: readonly Unsuspended[],
    afterCommit: AfterCommit,
  ): Promise<void> {
    if (opened.length + closed.length === 0) return;
    for (const [reason, steps] of Map.groupBy(closed, (step) => step.for)) {
      const ids = steps.map((step) => step.stepExecutionId);
      await this.kinds.get(reason)?.close(client, ids, afterCommit);
    }
    for (const [reason, steps] of Map.groupBy(opened, (step) => step.request.for))
      await this.kind(reason).open(client, steps, afterCommit);
  }

  private kind(reason: SuspendFor): SuspensionKind {
    const kind = this.kinds.get(reason);
    if (kind === undefined) throw new Error(`nothing is registered that steps could wait for as ${reason}`);
    return kind;
  }
}
