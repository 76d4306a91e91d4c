/** Which executions a list is about. */
export interface ExecutionFilter {
  ids?: readonly string[];
  workflowId?: string;
  /** Only of these workflows. */
  workflowIds?: readonly string[];
  status?: readonly string[];
  triggerId?: string;
  triggerType?: string;
  parentId?: string;
  from?: Date;
  to?: Date;
  q?: string;
  /** Only ids below this one: the next page. */
  before?: string;
}
