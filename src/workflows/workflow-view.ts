import type { WorkflowWithCounts } from './workflow.repository.js';

type Fields = Record<string, unknown>;

/** A workflow as the API shows it. */
export interface WorkflowView extends Fields {
  id: string;
  slug: string;
  version: number;
}

/** Of the executions that ended by themselves, the share that completed, 0 to 1; null before the first. */
export function successRate(completed: number, failed: number): number | null {
  return completed + failed === 0 ? null : completed / (completed + failed);
}

export function viewOf(row: WorkflowWithCounts): WorkflowView {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    status: row.status,
    version: row.version,
    deployed_version: row.deployed_version,
    definition: row.definition,
    variables: row.definition.variables ?? {},
    tags: row.tags,
    owner_id: row.owner_id,
    is_template: row.is_template,
    execution_count: row.executions,
    last_executed: row.last_executed,
    last_status: row.last_status,
    success_rate: successRate(row.completed, row.failed),
    triggers: row.definition.triggers ?? [],
    steps: row.definition.steps,
    created_at: row.created_at,
    updated_at: row.updated_at,
    revision: row.revision,
  };
}
