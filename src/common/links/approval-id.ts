/**
 * The id of the approval that an attempt of a step execution asks for: the step execution's, further by the attempt. So
 * asking twice is asking once, and approvals stand in the partition, and in the order, of their steps.
 */
export function approvalId(stepExecutionId: string, attempt: number): string {
  const tail = (parseInt(stepExecutionId.slice(28), 16) + attempt) % 2 ** 32;
  return stepExecutionId.slice(0, 28) + tail.toString(16).padStart(8, '0');
}
