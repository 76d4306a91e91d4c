/** The label of workflows beyond the cap. */
export const OTHER = 'other';

/**
 * Caps the number of label values a metric gets by workflow: the first `max` keep their own, the others share one.
 * A time series lives as long as the process, so an uncapped label would grow without end.
 */
export class WorkflowLabels {
  private readonly known = new Set<string>();

  constructor(private readonly max: number) {}

  of(workflowId: string): string {
    if (this.known.has(workflowId)) return workflowId;
    if (this.known.size >= this.max) return OTHER;
    this.known.add(workflowId);
    return workflowId;
  }
}
