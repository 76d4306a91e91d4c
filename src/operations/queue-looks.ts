import { within } from '../common/within.js';
import type { ExecutionQueue, QueueCounts } from '../common/queue/execution-queue.js';

/** Milliseconds; less than health waits for a part, which would call it down. */
const PATIENCE_MS = 1_500;

/** @throws when the queue is away, or says nothing at all. */
export async function pingQueue(queue: ExecutionQueue): Promise<void> {
  await within(PATIENCE_MS, () => queue.ping());
}

/** What it holds. BullMQ waits for a Redis that is away until it is back; who looks does not. @throws as `pingQueue`. */
export async function lookIntoQueue(queue: ExecutionQueue): Promise<QueueCounts> {
  return await within(PATIENCE_MS, async () => {
    await queue.ping();
    return await queue.counts();
  });
}
