import type { Fault, Scene } from '../fault.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((next) => setTimeout(next, milliseconds));

/** Well below the timeout of the steps: one that takes longer fails, as it should. */
const HELD_LIMIT_MS = 15_000;

/** A step is held back meanwhile, so that the queue holds what is being worked on, too. */
async function withOpenWork({ world, limitMs }: Scene, work: () => Promise<void>): Promise<boolean> {
  const held = await world.ledger.hold((call) => call.url === '/first', limitMs);
  const open = await world.open();
  const release = setTimeout(() => held?.answer(), HELD_LIMIT_MS);
  try {
    await work();
  } finally {
    clearTimeout(release);
    held?.answer();
  }
  return open > 0;
}

export const QUEUE_FAULTS: readonly Fault[] = [
  {
    name: 'queue_emptied',
    about: 'FLUSHALL, or every job deleted from the queue in PostgreSQL, up to three times',
    strike: (scene) =>
      withOpenWork(scene, async () => {
        for (let left = scene.random.between(1, 3); left > 0; left--) {
          await scene.world.emptyQueue();
          await sleep(scene.random.between(50, 1_500));
        }
      }),
  },
  {
    name: 'redis_stopped',
    about: 'Redis is gone for 5 to 60 s, and empty when it comes back',
    backend: 'redis',
    isLong: true,
    strike: (scene) =>
      withOpenWork(scene, async () => {
        await scene.world.redis?.restart(scene.random.pick([5_000, 10_000, 60_000]));
      }),
  },
];
