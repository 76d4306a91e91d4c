export const WORKFLOW_STATUSES = ['draft', 'active', 'paused', 'archived'] as const;
export type WorkflowStatus = (typeof WORKFLOW_STATUSES)[number];

/** The transition table: `draft -> active <-> paused -> archived`; undeploying leads back to `draft`. */
const NEXT: Readonly<Record<WorkflowStatus, readonly WorkflowStatus[]>> = {
  draft: ['active', 'archived'],
  active: ['paused', 'archived', 'draft'],
  paused: ['active', 'archived', 'draft'],
  archived: [],
};

/** The verbs of the API: which states each leaves, and where it leads. */
export const WORKFLOW_VERBS = {
  activate: { from: ['draft', 'paused'], to: 'active' },
  pause: { from: ['active'], to: 'paused' },
  resume: { from: ['paused'], to: 'active' },
  archive: { from: ['draft', 'active', 'paused'], to: 'archived' },
} as const satisfies Record<string, { from: readonly WorkflowStatus[]; to: WorkflowStatus }>;
export type WorkflowVerb = keyof typeof WORKFLOW_VERBS;

/** The states from which `to` may be reached in one step. */
export function statesBefore(to: WorkflowStatus): readonly WorkflowStatus[] {
  return WORKFLOW_STATUSES.filter((from) => NEXT[from].includes(to));
}
