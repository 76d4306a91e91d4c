import { totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Load } from './shedding.js';

const RESOLUTION_MS = 20;
const NS_PER_MS = 1e6;

/** Times between two turns of the event loop, as sums: of the number, the times, and their squares. Nanoseconds. */
interface Turns {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
}

/** Measures the load of this process since the last look. Stop it: it keeps a timer of its own in the event loop. */
export class LoadMeter {
  private readonly delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private last: Turns = { count: 0, sum: 0, squares: 0 };

  constructor() {
    this.delays.enable();
  }

  look(): Load {
    const now = this.turns();
    const lagMs = lagOf(now.count - this.last.count, now.sum - this.last.sum, now.squares - this.last.squares);
    this.last = now;
    return { lagMs, memory: memoryInUse() };
  }

  stop(): void {
    this.delays.disable();
  }

  /** Since the start: a reset would lose the turn that is under way, which is this very one when the loop is blocked. */
  private turns(): Turns {
    const { count, mean, stddev } = this.delays;
    if (count === 0) return { count: 0, sum: 0, squares: 0 };
    return { count, sum: mean * count, squares: (mean ** 2 + stddev ** 2) * count };
  }
}

/**
 * Whoever comes in at a random moment meets a turn in proportion to its length and waits for half of it: E[d²] / 2E[d],
 * less what the timer itself takes.
 */
function lagOf(count: number, sum: number, squares: number): number {
  return count === 0 ? 0 : Math.max(0, squares / sum / 2 / NS_PER_MS - RESOLUTION_MS / 2);
}

/** Of the heap's limit or of the memory that the container, or the machine, has: whichever is nearer to its end. */
function memoryInUse(): number {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  const machine = totalmem();
  // 0 or a huge number where nothing constrains the process.
  const constrained = process.constrainedMemory();
  const most = constrained > 0 && constrained < machine ? constrained : machine;
  return Math.max(used / limit, process.memoryUsage.rss() / most);
}
