import type { SheddingReason } from './shedding.js';

/** How much of what it may take this process's worker takes at the moment. */
export class WorkerLoad {
  /** 1: all. */
  share = 1;
  reason: SheddingReason | null = null;
}
