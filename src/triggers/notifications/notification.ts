import type { Occurrence } from '../occurrences/occurrence.row.js';

/** The durable wake-up that sends the mail of a `notified` occurrence. */
export const NOTIFICATION_TIMER = 'notification';

export interface Notification {
  readonly subject: string;
  readonly text: string;
}

const MOST_PAYLOAD = 20_000;

/** What would have been started: workflow, trigger, time, payload. */
export function notificationOf(occurrence: Occurrence, workflowName: string, triggerName: string): Notification {
  const payload = JSON.stringify(occurrence.payload, null, 2);
  const lines = [
    `Workflow: ${workflowName} (${occurrence.workflow_id})`,
    `Trigger: ${triggerName} (${occurrence.trigger_id})`,
    `Occurrence: ${occurrence.id}`,
    `Time: ${occurrence.occurred_at.toISOString()}`,
    ...(occurrence.scheduled_for === null ? [] : [`Scheduled for: ${occurrence.scheduled_for.toISOString()}`]),
    '',
    'Nothing was started: the execution mode is "notify". Payload:',
    '',
    payload.length > MOST_PAYLOAD ? `${payload.slice(0, MOST_PAYLOAD)}…` : payload,
  ];
  return { subject: `[Millrace] ${workflowName}: ${triggerName}`.replace(/[\r\n]+/g, ' '), text: lines.join('\n') };
}
