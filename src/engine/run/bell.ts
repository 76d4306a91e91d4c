/** What one loop waits for and anything may ring. Rings while nobody waits are kept, as one. */
export class Bell {
  private rung = false;
  private wake: () => void = () => undefined;

  ring(): void {
    this.rung = true;
    this.wake();
  }

  /** Resolves at the next ring, at once when it has rung already; or after `atMostMs` milliseconds. */
  async heard(atMostMs?: number): Promise<void> {
    const timer = atMostMs === undefined ? undefined : setTimeout(() => this.ring(), atMostMs);
    if (!this.rung) await new Promise<void>((resolve) => (this.wake = resolve));
    clearTimeout(timer);
    this.rung = false;
    this.wake = () => undefined;
  }
}
