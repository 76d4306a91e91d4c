import { setTimeout as delay } from 'node:timers/promises';
import { CONTENDERS } from '../contenders/all.mjs';
import { elapsed, say } from '../lib/progress.mjs';
import { removeFolder, requireBuild, startPostgres, startRedis, temporaryFolder } from '../lib/services.mjs';
import { Contestant } from './contestant.mjs';
import { report } from './report.mjs';

const QUICK = {
  rounds: 3,
  /** A busy machine gets fewer rounds, at least one. */
  limitMinutes: 9.6,
  starts: 1,
  warmUpSeconds: 10,
  throughputSeconds: 3,
  steadySeconds: 2.5,
  answers: 60,
  leastCount: 100,
};
const FULL = {
  rounds: 7,
  limitMinutes: Infinity,
  starts: 3,
  warmUpSeconds: 30,
  throughputSeconds: 8,
  steadySeconds: 10,
  answers: 300,
  leastCount: 400,
};

/** Of the last that was started; then the idle memory of all is read. */
const SETTLE_MS = 8_000;

/**
 * The comparison: all contenders are up at the same time on the same services, and take turns. In each round each of them
 * is measured once, so that what the machine does otherwise hits all alike, and ratios are of one round.
 */
export async function compare({ quick, only, rounds }) {
  requireBuild();
  const plan = { ...(quick ? QUICK : FULL), ...(rounds !== undefined && { rounds: Number(rounds) }) };
  const chosen = CONTENDERS.filter(
    ({ key }) => only === undefined || only.split(',').some((name) => key.startsWith(name)),
  );
  if (chosen.length === 0) throw new Error(`--only knows ${CONTENDERS.map(({ key }) => key).join(', ')}`);
  const services = { folder: temporaryFolder(), redis: null, shared: {} };
  const contestants = chosen.map((contender) => new Contestant(contender, services, plan));
  for (const contestant of contestants) await contestant.install();
  const began = elapsed();
  const minutes = () => (elapsed() - began) / 60;
  const done = await measure(contestants, services, plan, minutes);
  const postgres = services.postgres.version;
  report(contestants, { plan: { ...plan, rounds: done }, quick: quick === true, minutes: minutes(), postgres });
  return contestants.every(({ contender, failure }) => !contender.own || failure === null);
}

/** @returns how many rounds there were time for */
async function measure(contestants, services, plan, minutes) {
  let done = 0;
  try {
    services.postgres = await startPostgres(services.folder);
    services.redis = await startRedis(services.folder).catch((error) => (say(error.message), null));
    for (const contestant of contestants) await contestant.begin();
    await delay(SETTLE_MS);
    for (const contestant of contestants) await contestant.warm();
    for (const start = minutes(); done < plan.rounds && fits(minutes(), start, done, plan); done++) {
      for (const contestant of inTurn(contestants, done)) await contestant.round(done + 1);
    }
  } finally {
    for (const contestant of contestants) await contestant.end();
    await services.redis?.stop();
    await services.postgres?.stop();
    removeFolder(services.folder);
  }
  return done;
}

/** Whether one more round, as long as those before, ends in time. */
function fits(now, start, done, { limitMinutes }) {
  return done === 0 || now + (now - start) / done <= limitMinutes;
}

/** Each round begins with another one. */
function inTurn(list, done) {
  const first = done % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
