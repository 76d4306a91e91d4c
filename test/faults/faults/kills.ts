import type { Fault, Scene } from '../fault.js';
import type { PointName } from '../points.js';
import type { Caught } from '../database-link.js';

/** SIGKILL in front of a point of the database: the replica never hears how its statement ended. */
function killAt(name: string, about: string, points: readonly PointName[], more: Partial<Fault> = {}): Fault {
  return { name, about, strike: (scene) => killAtPoint(scene, points), ...more };
}

async function killAtPoint({ world, random, limitMs }: Scene, points: readonly PointName[]): Promise<boolean> {
  const caught = await world.database.catch(random.pick(points), limitMs);
  if (caught === null) return false;
  await killCaught({ world }, caught);
  return true;
}

async function killCaught({ world }: Pick<Scene, 'world'>, caught: Caught): Promise<void> {
  await world.replica(caught.application).kill();
  await caught.release();
}

const beforeEnqueue: Fault = {
  name: 'kill_before_enqueue',
  about: 'accepted and committed, and the queue does not know yet',
  strike: (scene) =>
    scene.world.backend === 'postgres' ? killAtPoint(scene, ['before_enqueue']) : killBeforeRedis(scene),
};

/** Redis takes no writes while a webhook is accepted: what was committed is on its way to the queue and stays there. */
async function killBeforeRedis({ world, load, random }: Scene): Promise<boolean> {
  const victim = random.pick(await world.ready());
  await world.redis?.pauseWrites(5_000);
  const asked = await load.sendOne('chain', victim);
  await victim.kill();
  await world.redis?.resumeWrites();
  return asked.execution !== null;
}

const midStep: Fault = {
  name: 'kill_mid_step',
  about: 'the call has come in and is not answered',
  strike: async ({ world, limitMs, random }) => {
    const url = `/${random.pick(['first', 'join', 'call', 'last'])}`;
    const held = await world.ledger.hold((call) => call.url === url, limitMs);
    if (held === null) return false;
    const owner = await world.ownerOf(held.call.execution);
    await owner?.kill();
    held.drop();
    return owner !== null;
  },
};

const inADrain: Fault = {
  name: 'kill_in_a_drain',
  about: 'SIGTERM, and SIGKILL while it gives back what it runs',
  strike: async ({ world, limitMs }) => {
    const held = await world.ledger.hold((call) => call.url === '/first', limitMs);
    if (held === null) return false;
    const owner = await world.ownerOf(held.call.execution);
    if (owner === null) {
      held.answer();
      return false;
    }
    const catching = world.database.catch('in_a_drain', limitMs, owner.name);
    owner.signal('SIGTERM');
    while (owner.isAlive && (await owner.isReady())) await new Promise((next) => setTimeout(next, 20));
    held.answer();
    const caught = await catching;
    if (caught !== null) await killCaught({ world }, caught);
    return caught !== null;
  },
};

/** Whatever it is doing; sometimes two at once. */
const atAnyTime: Fault = {
  name: 'kill_at_any_time',
  about: 'one replica, or two at once, at an instant that nothing chooses',
  strike: async ({ world, random }) => {
    await new Promise((next) => setTimeout(next, random.between(0, 500)));
    const victims = random.shuffled(world.replicas).slice(0, random.between(1, 2));
    await Promise.all(victims.map((victim) => victim.kill()));
    return true;
  },
};

const MAIL: Partial<Fault> = {
  impossible: ({ mails }) => (mails === null ? 'there is no Dovecot' : null),
};

/** The ten exact points of quality.md, two of the mailbox, and instants at random. */
export const KILLS: readonly Fault[] = [
  killAt('kill_after_accept_commit', 'the commit goes through, and nobody is told', ['after_accept_commit']),
  beforeEnqueue,
  midStep,
  killAt('kill_after_effect', 'the effect is there, its checkpoint is not', ['after_effect']),
  killAt('kill_in_cron_tick', 'the timer is taken, its occurrence is being written', ['cron_tick']),
  killAt('kill_at_a_mails_commit', 'a mail is recorded, and neither marked nor moved', ['mail_commit'], MAIL),
  killAt('kill_after_a_mails_move', 'a mail is moved, and that is not recorded', ['mail_moved'], MAIL),
  killAt('kill_in_a_retry', 'the failed attempt is being recorded', ['in_a_retry']),
  killAt('kill_in_a_wait', 'an execution falls asleep or wakes up', ['falling_asleep', 'waking_up']),
  killAt('kill_in_a_join', 'the last branch has ended, the join begins', ['in_a_join']),
  killAt('kill_at_a_childs_end', 'a child ends, its parent does not know', ['child_end'], {
    impossible: (world) => (world.hasChildren ? null : 'this build has no node type subworkflow'),
  }),
  inADrain,
  atAnyTime,
].map((fault) => ({ ...fault, needsTwo: true }));
