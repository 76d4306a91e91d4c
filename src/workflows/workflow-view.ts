import type { WorkflowWithCounts } from './workflow.repository.js';

type Fields = Record<string, unknown>;

/** A workflow as the API shows it. */
export interface WorkflowView extends Fields {
  id: string;
  slug: string;
  version: number;
}

function fieldsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((item): item is Fields => typeof item === 'object' && item !== null) : [];
}

/** The steps as the author wrote them, whatever the spelling. */
export function stepsOf(definition: Fields): Fields[] {
  if (definition['nodes'] === undefined) return fieldsIn(definition['steps']);
  return fieldsIn(definition['nodes']).filter((node) => node['type'] !== 'TRIGGER');
}

/** The triggers that the definition names, whatever the spelling. */
export function triggersOf(definition: Fields): Fields[] {
  const nodes = fieldsIn(definition['nodes']).filter((node) => node['type'] === 'TRIGGER');
  return [...fieldsIn(definition['triggers']), ...nodes.map(({ id, name, subtype, parameters }) => ({ type: subtype, name: name ?? id, config: parameters ?? {} }))];
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
    definition: row.definition,
    variables: row.definition['variables'] ?? {},
    tags: row.tags,
    owner_id: row.owner_id,
    is_template: row.is_template,
    execution_count: row.executions,
    last_executed: row.last_executed,
    success_rate: successRate(row.completed, row.failed),
    triggers: triggersOf(row.definition),
    steps: stepsOf(row.definition),
    created_at: row.created_at,
    updated_at: row.updated_at,
    revision: row.revision,
  };
}
