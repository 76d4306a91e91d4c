/**
 * Gathers items while a call is under way and hands all of them to the next: one call at a time, no timer. An idle
 * caller's item goes at once.
 */
export class Batcher<Item> {
  private gathered: Item[] = [];
  private running: Promise<void> | null = null;

  constructor(
    private readonly send: (items: readonly Item[]) => Promise<void>,
    private readonly maxItems: number,
  ) {}

  add(items: readonly Item[]): void {
    if (items.length === 0) return;
    for (const item of items) this.gathered.push(item);
    this.running ??= this.drain();
  }

  /** Items that wait for their turn. */
  get backlog(): number {
    return this.gathered.length;
  }

  get isBusy(): boolean {
    return this.running !== null;
  }

  async idle(): Promise<void> {
    while (this.running !== null) await this.running;
  }

  private async drain(): Promise<void> {
    await new Promise<void>((next) => setImmediate(next));
    while (this.gathered.length > 0) await this.send(this.gathered.splice(0, this.maxItems));
    this.running = null;
  }
}
