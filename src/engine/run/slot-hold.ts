import type { Slots } from './slots.js';

/** An execution's hold on one of the process's slots: asked for when a step with effects is ready, kept until it rests. */
export class SlotHold {
  private state: 'none' | 'asked' | 'held' = 'none';
  private wasNeeded = false;
  private readonly onGrant = (): void => {
    this.state = 'held';
    this.onReady();
  };

  /** @param onReady called when a slot that was asked for is there. */
  constructor(
    private readonly slots: Slots,
    private readonly onReady: () => void,
  ) {}

  /** Whether it has run, or wanted to run, a step with effects. */
  get needed(): boolean {
    return this.wasNeeded;
  }

  get isAsked(): boolean {
    return this.state === 'asked';
  }

  /** @returns whether the slot is held now; otherwise it is asked for. */
  take(): boolean {
    this.wasNeeded = true;
    if (this.state === 'none') {
      this.state = this.slots.tryTake() ? 'held' : 'asked';
      if (this.isAsked) this.slots.ask(this.onGrant);
    }
    return this.state === 'held';
  }

  /** It will not start what it asked for. */
  unask(): void {
    if (this.isAsked) this.leave();
  }

  leave(): void {
    if (this.state === 'held') this.slots.giveBack();
    if (this.state === 'asked') this.slots.withdraw(this.onGrant);
    this.state = 'none';
  }
}
