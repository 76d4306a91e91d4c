import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExecutionJob, ExecutionQueue } from '../../common/queue/execution-queue.js';
import { DirectStarts } from './direct-starts.js';
import { RunnerHolds } from './runner-holds.js';
import type { Slots } from './slots.js';

/** Room for two, and for one queue job. */
const MOST = 3;

class Scene {
  readonly queued: string[] = [];
  readonly queue = {
    isIdle: true,
    setConcurrency: vi.fn(),
    lookAgain: vi.fn(),
    add: (jobs: readonly ExecutionJob[]) => this.queued.push(...jobs.map(({ executionId }) => executionId)),
  };
  readonly slots = { most: MOST, isAhead: true, mayBeAhead: true, forQueue: 1, setDirect: vi.fn() };
  readonly holds = new RunnerHolds();
  readonly direct = new DirectStarts(
    this.queue as unknown as ExecutionQueue,
    this.slots as unknown as Slots,
    this.holds,
  );
  private readonly running = new Map<string, () => void>();
  /** In the order in which they began. */
  readonly begun: string[] = [];

  constructor() {
    this.direct.open((id) => {
      this.begun.push(id);
      return new Promise<void>((resolve) => this.running.set(id, resolve));
    });
  }

  /** Takes all the room there is. */
  fill(): void {
    for (const id of ['a', 'b']) {
      expect(this.direct.reserve(id)).toBe(true);
      this.direct.start(id, null);
    }
  }

  accepted(...ids: readonly string[]): void {
    this.direct.takeInTurn(ids.map((executionId) => ({ executionId, epoch: 0, priority: 5 })));
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

describe('executions accepted many at a time', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('begin as far as there is room, the others in their turn, and none goes by the queue', async () => {
    const scene = new Scene();
    scene.accepted('a', 'b', 'c', 'd');
    expect(scene.begun).toEqual(['a', 'b']);
    await scene.ends('a');
    await scene.ends('b');
    expect([scene.begun, scene.queued]).toEqual([['a', 'b', 'c', 'd'], []]);
  });

  it('wait for the first to end where none has yet, though a sender does not', () => {
    const scene = new Scene();
    scene.slots.isAhead = false;
    scene.accepted('a', 'b', 'c');
    expect([scene.begun, scene.queued]).toEqual([['a', 'b'], []]);
    expect(scene.direct.reserve('d')).toBe(false);
  });

  it('begin by their priority', async () => {
    const scene = new Scene();
    const jobs = [5, 1, 10, 5].map((priority, index) => ({ executionId: `${priority}-${index}`, epoch: 0, priority }));
    scene.direct.takeInTurn(jobs);
    await scene.ends('10-2');
    await scene.ends('5-0');
    expect(scene.begun).toEqual(['10-2', '5-0', '5-3', '1-1']);
  });

  it('go by the queue, but for those that find room, where what runs may take long', async () => {
    const scene = new Scene();
    scene.slots.mayBeAhead = false;
    scene.accepted('a', 'b', 'c');
    expect([scene.begun, scene.queued]).toEqual([['a', 'b'], ['c']]);
    const learnt = new Scene();
    learnt.accepted('a', 'b', 'c', 'd');
    learnt.slots.mayBeAhead = false;
    await learnt.ends('a');
    expect([learnt.begun, learnt.queued]).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('go by the queue when none ends, and what runs goes on', async () => {
    const scene = new Scene();
    scene.accepted('a', 'b', 'c');
    await vi.advanceTimersByTimeAsync(900);
    expect([scene.begun, scene.queued]).toEqual([['a', 'b'], []]);
    await vi.advanceTimersByTimeAsync(200);
    expect([scene.begun, scene.queued]).toEqual([['a', 'b'], ['c']]);
  });

  it('wait longer than a sender is held back, and as long as one after the other ends', async () => {
    const scene = new Scene();
    scene.accepted('a', 'b', 'c', 'd');
    const sender = watched(scene.direct.reserve('e'));
    await vi.advanceTimersByTimeAsync(300);
    expect([sender.now, scene.queued]).toEqual([false, []]);
    await vi.advanceTimersByTimeAsync(600);
    await scene.ends('a');
    await vi.advanceTimersByTimeAsync(900);
    expect([scene.begun, scene.queued]).toEqual([['a', 'b', 'c'], []]);
    await vi.advanceTimersByTimeAsync(200);
    expect(scene.queued).toEqual(['d']);
  });

  it.each(['something waits there', 'they are more than may wait', 'the worker takes nothing more'])(
    'go by the queue when %s',
    (why) => {
      const scene = new Scene();
      scene.queue.isIdle = why !== 'something waits there';
      if (why === 'the worker takes nothing more') scene.direct.close();
      const ids = Array.from({ length: why === 'they are more than may wait' ? 1_001 : 3 }, (_, n) => `e${n}`);
      scene.accepted(...ids);
      expect([scene.begun, scene.queued]).toEqual([[], ids]);
    },
  );

  it('that wait when the worker takes nothing more go by the queue', () => {
    const scene = new Scene();
    scene.accepted('a', 'b', 'c');
    scene.direct.close();
    expect(scene.queued).toEqual(['c']);
  });
});
