import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExecutionQueue } from '../../common/queue/execution-queue.js';
import { DirectStarts } from './direct-starts.js';
import { RunnerHolds } from './runner-holds.js';
import type { Slots } from './slots.js';

/** Room for two, and for one queue job. */
const MOST = 3;

class Scene {
  readonly queue = { isIdle: true, setConcurrency: vi.fn(), lookAgain: vi.fn() };
  readonly slots = { most: MOST, isAhead: true, forQueue: 1, setDirect: vi.fn() };
  readonly holds = new RunnerHolds();
  readonly direct = new DirectStarts(
    this.queue as unknown as ExecutionQueue,
    this.slots as unknown as Slots,
    this.holds,
  );
  private readonly running = new Map<string, () => void>();

  constructor() {
    this.direct.open((id) => new Promise<void>((resolve) => this.running.set(id, resolve)));
  }

  /** Takes all the room there is. */
  fill(): void {
    for (const id of ['a', 'b']) {
      expect(this.direct.reserve(id)).toBe(true);
      this.direct.start(id, null);
    }
  }

  async ends(id: string): Promise<void> {
    this.holds.delete(id);
    this.running.get(id)?.();
    await vi.advanceTimersByTimeAsync(0);
  }
}

/** `waits` until it is decided. */
function watched(place: boolean | Promise<boolean>): { now: boolean | 'waits' } {
  const seen: { now: boolean | 'waits' } = { now: 'waits' };
  void Promise.resolve(place).then((given) => (seen.now = given));
  return seen;
}

describe('an accept that finds no room', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('goes by the queue at once where what runs may take long', () => {
    const scene = new Scene();
    scene.slots.isAhead = false;
    scene.fill();
    expect(scene.direct.reserve('c')).toBe(false);
  });

  it('waits for what is over in a moment, and those who came first go first', async () => {
    const scene = new Scene();
    scene.fill();
    const [c, d] = [watched(scene.direct.reserve('c')), watched(scene.direct.reserve('d'))];
    await scene.ends('a');
    expect([c.now, d.now]).toEqual([true, 'waits']);
    // Nobody overtakes one who waits.
    const e = watched(scene.direct.reserve('e'));
    scene.direct.start('c', null);
    await scene.ends('b');
    await scene.ends('c');
    expect([d.now, e.now]).toEqual([true, true]);
  });

  it('gives its turn back when it was not accepted', async () => {
    const scene = new Scene();
    scene.fill();
    const c = watched(scene.direct.reserve('c'));
    await scene.ends('a');
    const d = watched(scene.direct.reserve('d'));
    expect(c.now).toBe(true);
    scene.direct.release('c');
    await vi.advanceTimersByTimeAsync(0);
    expect(d.now).toBe(true);
  });

  it('waits as long as one after the other ends, and goes by the queue when none does', async () => {
    const scene = new Scene();
    scene.fill();
    const seen = ['c', 'd', 'e'].map((id) => watched(scene.direct.reserve(id)));
    await vi.advanceTimersByTimeAsync(200);
    await scene.ends('a');
    await vi.advanceTimersByTimeAsync(200);
    expect(seen.map(({ now }) => now)).toEqual([true, 'waits', 'waits']);
    await vi.advanceTimersByTimeAsync(100);
    expect(seen.map(({ now }) => now)).toEqual([true, false, false]);
  });

  it('goes by the queue when something waits there', async () => {
    const scene = new Scene();
    scene.fill();
    const c = watched(scene.direct.reserve('c'));
    scene.queue.isIdle = false;
    await scene.ends('a');
    expect(c.now).toBe(false);
  });

  it('goes by the queue when as many wait as there is room for', () => {
    const scene = new Scene();
    scene.fill();
    for (const id of ['c', 'd', 'e']) expect(scene.direct.reserve(id)).toBeInstanceOf(Promise);
    expect(scene.direct.reserve('f')).toBe(false);
  });

  it('goes by the queue when the worker takes nothing more', async () => {
    const scene = new Scene();
    scene.fill();
    const c = watched(scene.direct.reserve('c'));
    scene.direct.close();
    await vi.advanceTimersByTimeAsync(0);
    expect([c.now, scene.direct.reserve('d')]).toEqual([false, false]);
  });
});
