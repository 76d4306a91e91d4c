import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startMillrace } from '../contenders/millrace.mjs';
import { memoryOf } from '../lib/memory.mjs';
import { median, short } from '../lib/numbers.mjs';
import { say } from '../lib/progress.mjs';

const STARTS = 5;
const SETTLE_MS = 10_000;
const MB = 2 ** 20;

/** As `npm start` without settings: with the embedded PostgreSQL, which counts with its time and its memory. */
export async function start(folder) {
  const first = await timed(folder);
  const again = [];
  for (let count = 0; count < STARTS; count++) again.push(await timed(folder));
  const server = await started(folder);
  await delay(SETTLE_MS);
  const own = memoryOf([server.pid]) / MB;
  const withDatabase = memoryOf([server.pid, postmaster(folder)]) / MB;
  await server.stop();
  const middle = median(again);
  return [
    { figure: 'first start to ready: creates the database', measured: `${short(first)} s`, holds: null },
    { figure: 'start to ready', measured: `${short(middle)} s`, target: '< 3 s', holds: middle < 3 },
    { figure: 'idle memory', measured: `${short(own)} MB`, target: '< 200 MB', holds: own < 200 },
    { figure: 'idle memory with its PostgreSQL', measured: `${short(withDatabase)} MB`, holds: null },
  ];
}

async function started(folder) {
  const server = await startMillrace({ folder });
  await server.ready();
  return server;
}

async function timed(folder) {
  const began = performance.now();
  const server = await started(folder);
  const seconds = (performance.now() - began) / 1000;
  await server.stop();
  say(`ready after ${seconds.toFixed(2)} s`);
  return seconds;
}

/** The pid of the embedded PostgreSQL. */
function postmaster(folder) {
  return Number(readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
}
