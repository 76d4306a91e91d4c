import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../lib/http.mjs';
import { spread } from '../lib/numbers.mjs';
import { generate } from '../load/generate.mjs';

const CONNECTIONS = 50;
const RATE = 200;
const KEEPS_UP_WITHIN_S = 1;
const MOST_LOST = 0.1;
const DRAIN_LIMIT_MS = 180_000;
const FIRST_GUESS = 60;
const LEAST_WARM_UP = 50;
const WARM_UP_STEP_S = 1.5;
/** A step that is faster by less is not faster. */
const FASTER = 1.1;
const STEPS_AT_REST = 2;
const LEAD_IN_S = 1;
/** Requests before those that are measured, for the generator's own compilers and connections. */
const STEADY_LEAD = 100;
const ANSWERS_LEAD = 20;

/** The request numbers of one contender: never used twice. */
export class Numbers {
  #next = 1_000;

  take(count) {
    const from = this.#next;
    this.#next += count;
    return from;
  }
}

/**
 * Gives compilers and caches their time, the same rule for all: until two steps in a row were not faster than the fastest
 * before, at most `seconds`. @returns executions per second, roughly: what a round's size is taken from
 */
export async function warmUp(contestant, seconds) {
  const began = performance.now();
  let rate = FIRST_GUESS;
  let fastest = 0;
  for (let atRest = 0; atRest < STEPS_AT_REST && performance.now() - began < seconds * 1_000;) {
    const { perSecond } = await throughput(contestant, Math.max(LEAST_WARM_UP, Math.round(rate * WARM_UP_STEP_S)));
    rate = perSecond;
    atRest = rate > fastest * FASTER ? 0 : atRest + 1;
    fastest = Math.max(fastest, rate);
  }
  return rate;
}

/** While others had their turn it stood idle: caches are filled again before it is measured, the same rule for all. */
export async function leadIn(contestant, rate) {
  await throughput(contestant, Math.max(LEAST_WARM_UP, Math.round(rate * LEAD_IN_S)));
}

/** `count` requests over 50 connections, and then until each of their executions is finished in the store. */
export async function throughput(contestant, count, connections = CONNECTIONS) {
  const { server, numbers } = contestant;
  const before = await server.count();
  const from = numbers.take(count);
  const load = await generate({ url: server.url, path: server.accept, from, connections, count });
  await drain(contestant, before + load.accepted);
  const seconds = (performance.timeOrigin + performance.now() - load.startedAt) / 1000;
  const refused = await verify(contestant, from, load);
  return { count, refused, perSecond: load.accepted / seconds, acceptedPerSecond: load.accepted / load.seconds };
}

/** 200 requests a second for `seconds`: how long until the answer, and until the execution is finished in the store. */
export async function steady(contestant, seconds) {
  const { server, numbers } = contestant;
  const before = await server.count();
  const from = numbers.take(STEADY_LEAD + RATE * seconds);
  const job = { url: server.url, path: server.accept, from, lead: STEADY_LEAD, rate: RATE, seconds, items: true };
  const load = await generate(job);
  await drain(contestant, before + load.accepted);
  const took = (performance.timeOrigin + performance.now() - load.startedAt) / 1000;
  const refused = await verify(contestant, from, load);
  const ends = await server.finished(load.items.toSorted((a, b) => a.n - b.n));
  const finished = load.items.flatMap(({ n, due }) => (ends.has(n) ? [ends.get(n) - due] : []));
  if (finished.length !== load.items.length)
    throw new Error(`${finished.length} of ${load.items.length} ends were found`);
  // It kept up when all was done a moment after the last request was due.
  return {
    refusedSteady: refused,
    accept: load.latency,
    finished: spread(finished),
    keptUp: refused === 0 && took < seconds + KEEPS_UP_WITHIN_S,
  };
}

/**
 * One request at a time, each answered with the result of its execution. Some peers lose an answer now and then: those are
 * counted, and left out of the times. Ours must not.
 */
export async function answers(contestant, count) {
  const { contender, server, numbers } = contestant;
  const from = numbers.take(ANSWERS_LEAD + count);
  const job = { url: server.url, path: server.answer, from, lead: ANSWERS_LEAD, connections: 1, count };
  const load = await generate(job);
  const lost = load.sent - load.accepted;
  if (lost > count * MOST_LOST || (lost > 0 && contender.own)) {
    throw new Error(`${lost} of ${count} answers did not come: ${JSON.stringify(load.faults)}`);
  }
  return { ...load.latency, lost };
}

async function drain({ server, contender }, wanted) {
  const done = async () => (await server.count()) >= wanted;
  await until(`${contender.title} finishes`, done, { limitMs: DRAIN_LIMIT_MS, everyMs: 50, programs: server.programs });
}

/**
 * Throws unless each accepted request has one finished execution, with its three steps, in the contender's store. A peer
 * may refuse requests under load, which is reported; ours must not. @returns how many were refused
 */
async function verify({ server, contender }, from, { sent, accepted, faults }) {
  const refused = sent - accepted;
  if (accepted === 0 || (refused > 0 && contender.own)) {
    throw new Error(`${refused} of ${sent} requests failed: ${JSON.stringify(faults)}`);
  }
  if (server.recorded === null) return refused;
  const recorded = await server.recorded(from, from + sent - 1);
  // What was refused may have run nevertheless.
  if (recorded >= accepted && recorded <= sent) return refused;
  throw new Error(`${contender.title} recorded ${recorded} finished executions for ${accepted} accepted requests`);
}

/** Lets a server come to rest between two measurements. */
export async function rest(milliseconds = 300) {
  await delay(milliseconds);
}
