import type { Plan } from '../definition/plan.js';

/** A version as the engine and the triggers need it. */
export interface PlannedVersion {
  readonly workflowId: string;
  readonly slug: string;
  readonly version: number;
  readonly plan: Plan;
}

/** Compiled versions; each is compiled once per process and kept (versions never change). */
export abstract class WorkflowPlans {
  /** @throws WorkflowNotFoundError, VersionNotFoundError (404) */
  abstract get(workflowId: string, version: number): Promise<PlannedVersion>;
}
