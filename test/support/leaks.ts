import { setTimeout as delay } from 'node:timers/promises';
import { runningTimers } from './timers.js';

/** What keeps a process alive or works on in it; timers are watched apart. */
const WATCHED = ['TCPServerWrap', 'TCPSocketWrap', 'PipeServerWrap', 'ProcessWrap', 'MessagePort', 'Worker'];
const SETTLE_MS = 3_000;

export type Resources = ReadonlyMap<string, number>;

export function activeResources(): Resources {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (WATCHED.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** @throws when something that was not there before is still there after a moment in which closing may finish. */
export async function refuseLeaks(before: Resources, settleMs = SETTLE_MS): Promise<void> {
  const deadline = performance.now() + settleMs;
  for (;;) {
    const leaked = leaks(before);
    if (leaked.length === 0) return;
    if (performance.now() > deadline) {
      throw new Error(`the tests of this file leak ${leaked.join(', ')}. Close servers, sockets, workers and timers`);
    }
    // Unreferenced, so that it does not count itself.
    await delay(15, undefined, { ref: false });
  }
}

function leaks(before: Resources): string[] {
  const resources = [...activeResources()]
    .map(([name, count]) => ({ name, more: count - (before.get(name) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ name, more }) => `${name} +${more}`);
  return [...resources, ...runningTimers().map((origin) => `a timer made ${origin}`)];
}
