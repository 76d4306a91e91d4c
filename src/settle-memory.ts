import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Milliseconds between looks. */
const LOOK_MS = 3_000;
/** So little of the time between two looks may be work. */
const QUIET = 0.03;

interface Means {
  readonly utilization: (since?: EventLoopUtilization) => EventLoopUtilization;
  readonly collect: () => void;
}

/**
 * Starting makes V8 take some 70 MB that it does not need afterwards and, left alone, keeps: its young generation grows while
 * modules load, and an idle process hardly collects. In the first quiet moment all of it is given back, once; that takes about
 * half a second, which a server that is at work does not spend.
 * @returns stops looking.
 */
export function settleMemory({ utilization, collect }: Means = REAL): () => void {
  let last = utilization();
  const timer = setInterval(() => {
    const now = utilization();
    const { utilization: share } = utilization(last);
    last = now;
    if (share > QUIET) return;
    clearInterval(timer);
    collect();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

const REAL: Means = {
  utilization: (since) => performance.eventLoopUtilization(since),
  collect: () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: object) => void;
    setFlagsFromString('--no-expose-gc');
    // The one flavour that shrinks the young generation too.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  },
};
