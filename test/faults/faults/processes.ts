import { eventually } from '../../support/eventually.js';
import type { Fault } from '../fault.js';
import type { HeldCall } from '../ledger.js';

const sleep = (milliseconds: number): Promise<void> => new Promise((next) => setTimeout(next, milliseconds));
const HOUR_MS = 3_600_000;
/** A replica is dead after 15 s; somebody looks every 3 s, and all that is taken over must be run. */
const TAKEN_OVER_LIMIT_MS = 45_000;

const stoppedOwner: Fault = {
  name: 'owner_stopped',
  about: 'SIGSTOP of an owner until others have taken over what it ran, then SIGCONT',
  isLong: true,
  strike: async ({ world, limitMs }) => {
    const held = await world.ledger.hold((call) => call.url === '/first', limitMs);
    if (held === null) return false;
    const owner = await world.ownerOf(held.call.execution);
    if (owner !== null) await world.stopOwner(owner);
    try {
      await eventually(async () => {
        const isOpen = 'SELECT count(*) FROM execution WHERE id = $1 AND is_open';
        if ((await world.database.number(isOpen, [held.call.execution])) > 0)
          throw new Error(`nobody has taken over what ${owner?.name ?? 'nobody'} ran when it was stopped`);
      }, TAKEN_OVER_LIMIT_MS);
    } finally {
      // It wakes with an answer to a step that somebody else has completed meanwhile.
      held.answer();
      if (owner !== null) world.resumeOwner(owner);
    }
    return owner !== null;
  },
};

const blockedLoop: Fault = {
  name: 'event_loop_blocked',
  about: 'a replica is stopped for 100 to 900 ms, again and again',
  strike: async ({ world, random }) => {
    const replica = random.pick(world.replicas);
    for (let n = random.between(5, 15); n > 0; n--) {
      replica.signal('SIGSTOP');
      await sleep(random.between(100, 900));
      replica.signal('SIGCONT');
      await sleep(random.between(5, 50));
    }
    return true;
  },
};

const wrongClock: Fault = {
  name: 'clock_off',
  about: 'a replica is killed and comes back with a clock that is an hour ahead or behind',
  isLong: true,
  strike: async ({ world, load, random }) => {
    const replica = random.pick(world.replicas);
    await replica.kill();
    await replica.start(random.pick([-HOUR_MS, HOUR_MS]));
    const asked = await Promise.all(['chain', 'mixed', 'chain', 'slow'].map((name) => load.sendOne(name, replica)));
    await sleep(random.between(2_000, 6_000));
    await replica.kill();
    return asked.every(({ execution }) => execution !== null);
  },
};

const poison: Fault = {
  name: 'poison_step',
  about: 'a step whose call kills its process; it is quarantined after the third time',
  strike: async ({ world, load, limitMs }) => {
    const poisoned = (): Promise<HeldCall | null> => world.ledger.hold(({ url }) => url === '/poison', limitMs);
    let coming = poisoned();
    const { execution } = await load.sendOne('poison');
    for (let kills = 1; kills <= 3; kills++) {
      const held = await coming;
      if (held === null) return false;
      const owner = await world.ownerOf(held.call.execution);
      // Whoever tries it next may be faster than the start of the one that was killed.
      if (kills < 3) coming = poisoned();
      await owner?.kill();
      held.drop();
      await owner?.start();
    }
    await eventually(async () => {
      const failed = `SELECT count(*) FROM execution WHERE id = $1 AND error->>'code' = 'step_quarantined'`;
      if ((await world.database.number(failed, [execution])) === 0)
        throw new Error('the poison step is not quarantined');
    });
    return true;
  },
};

export const PROCESS_FAULTS: readonly Fault[] = [stoppedOwner, blockedLoop, wrongClock, poison];
