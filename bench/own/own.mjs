import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Numbers, steady, throughput, warmUp } from '../compare/rounds.mjs';
import { millraceOnPostgres, millraceOnRedis } from '../contenders/millrace.mjs';
import { median, short } from '../lib/numbers.mjs';
import { RESULTS } from '../lib/paths.mjs';
import { removeFolder, requireBuild, startPostgres, startRedis, temporaryFolder } from '../lib/services.mjs';

/** Seconds at most. */
const WARM_UP = 30;
const STEADY_SECONDS = 5;
const ROUNDS = 3;

/** This project alone, on both backends where there is a Redis: what a commit on the hot path costs or gains. */
export async function own(options) {
  requireBuild();
  const folder = temporaryFolder();
  const postgres = await startPostgres(folder);
  const redis = await startRedis(folder).catch(() => null);
  const results = [];
  try {
    for (const contender of [millraceOnPostgres, ...(redis === null ? [] : [millraceOnRedis])]) {
      results.push(await measure(contender, { postgres, redis, folder }, options));
    }
  } finally {
    await redis?.stop();
    await postgres.stop();
    removeFolder(folder);
  }
  console.log(options.json ? JSON.stringify(results) : results.map(text).join('\n'));
  return true;
}

async function measure(contender, services, { executions, connections, rounds = ROUNDS, profile }) {
  const folder = join(services.folder, contender.key);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const flags = profile ? ['--cpu-prof', '--cpu-prof-dir', RESULTS] : [];
  const context = { ...services, folder, flags, database: contender.key.replaceAll('-', '_') };
  await contender.prepare(context);
  const server = await contender.start(context);
  const contestant = { contender, server, numbers: new Numbers() };
  try {
    await server.setUp();
    await warmUp(contestant, WARM_UP);
    const all = [];
    for (let round = 0; round < Number(rounds); round++) {
      all.push(await throughput(contestant, Number(executions), Number(connections)));
    }
    const even = await steady(contestant, STEADY_SECONDS);
    return { backend: contender.title, median: median(all.map((each) => each.perSecond)), rounds: all, ...even };
  } finally {
    await server.stop();
  }
}

function text({ backend, median: middle, rounds, accept, finished }) {
  const each = rounds.map(({ perSecond }) => short(perSecond)).join(', ');
  return `${backend}: ${short(middle)} executions/s (${each}); at 200/s accept p50 ${short(accept.p50)} p99 ${short(accept.p99)} ms, finished p50 ${short(finished.p50)} p99 ${short(finished.p99)} ms`;
}
