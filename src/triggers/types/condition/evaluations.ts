/** Runs evaluations beside the timers, a few at a time, and ends what is under way when the process ends. */
export class Evaluations {
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly ending = new AbortController();

  constructor(private readonly most: number) {}

  /** @param work never rejects. */
  start(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.ending.signal.aborted) return;
    this.waiting.push(() => work(this.ending.signal));
    this.fill();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.waiting.length = 0;
    await Promise.all(this.running);
  }

  private fill(): void {
    while (this.running.size < this.most) {
      const work = this.waiting.shift();
      if (work === undefined) return;
      const run = work().finally(() => {
        this.running.delete(run);
        this.fill();
      });
      this.running.add(run);
    }
  }
}
