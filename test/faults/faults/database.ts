import type { Fault } from '../fault.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((next) => setTimeout(next, milliseconds));

export const DATABASE_FAULTS: readonly Fault[] = [
  {
    name: 'postgres_restarted',
    about: 'PostgreSQL stopped (in order, at once, or killed) and started, up to three times, seconds apart',
    strike: async ({ world, random }) => {
      for (let left = random.between(1, 3); left > 0; left--) {
        await world.postgres.restart(random.pick(['fast', 'immediate', 'kill']), random.between(0, 1_500));
        await sleep(random.between(500, 5_000));
      }
      return true;
    },
  },
  {
    name: 'pool_exhausted',
    about: 'every connection of every replica waits for a lock, for 3 to 8 s',
    strike: async ({ world, random }) => {
      const session = await world.database.session();
      await session.query('BEGIN; LOCK TABLE execution IN ACCESS EXCLUSIVE MODE');
      await sleep(random.between(3_000, 8_000));
      const blocked = await session.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'replica-%'`,
      );
      await session.end();
      return (blocked.rowCount ?? 0) > 0;
    },
  },
  {
    name: 'disk_full',
    about: 'the disk of PostgreSQL is full for some seconds, until it dies of it or refuses to write',
    impossible: (world) => world.postgres.whyNoDisk,
    strike: async ({ world, random }) => {
      const before = world.postgres.log().length;
      world.postgres.fillDisk();
      const wait = random.between(2_000, 6_000);
      // What is preallocated of the log would last for a while.
      const session = await world.database.session().catch(() => null);
      for (let n = 0; n < 6; n++) await session?.query('SELECT pg_switch_wal()').catch(() => undefined);
      await session?.end().catch(() => undefined);
      await sleep(wait);
      await world.postgres.emptyDisk();
      return world.postgres.log().slice(before).includes('No space left on device');
    },
  },
];
