import { Injectable } from '@nestjs/common';
import { Definitions } from './definitions.service.js';
import { type PlannedVersion, WorkflowPlans } from './workflow-plans.js';
import { WorkflowRepository } from './workflow.repository.js';

/** How many compiled versions a process keeps: some 10 KB each. */
const MAX_PLANS = 1_000;

/**
 * Compiled versions in memory, the least recently used leaving first. Who asks while a version is being compiled waits
 * for that one compilation. A failure is not kept.
 */
@Injectable()
export class CompiledPlans extends WorkflowPlans {
  private readonly plans = new Map<string, Promise<PlannedVersion>>();

  constructor(
    private readonly workflows: WorkflowRepository,
    private readonly definitions: Definitions,
  ) {
    super();
  }

  override get(workflowId: string, version: number): Promise<PlannedVersion> {
    const key = `${workflowId}@${version}`;
    const known = this.plans.get(key);
    if (known !== undefined) {
      this.plans.delete(key);
      this.plans.set(key, known);
      return known;
    }
    const compiling = this.compile(workflowId, version);
    this.plans.set(key, compiling);
    compiling.catch(() => this.plans.delete(key));
    this.evict();
    return compiling;
  }

  private async compile(workflowId: string, version: number): Promise<PlannedVersion> {
    const found = await this.workflows.version(workflowId, version);
    const plan = this.definitions.compile(found.definition);
    return { workflowId, slug: found.slug, version, plan };
  }

  private evict(): void {
    const oldest = this.plans.keys().next();
    if (this.plans.size > MAX_PLANS && oldest.done !== true) this.plans.delete(oldest.value);
  }
}
