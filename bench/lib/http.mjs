import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

export async function freePort() {
  return await new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Looks until `attempt` gives something true. @throws Error when the time is over or `programs` have ended. */
export async function until(what, attempt, { limitMs = 60_000, everyMs = LOOK_EVERY_MS, programs = [] } = {}) {
  const deadline = Date.now() + limitMs;
  let last = '';
  for (;;) {
    for (const program of programs) program.requireAlive();
    try {
      const found = await attempt();
      if (found) return found;
    } catch (error) {
      last = `: ${error.message}`;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not within ${limitMs / 1000} s${last}`);
    await delay(everyMs);
  }
}

export async function isOk(url, init) {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer.ok;
}

/** @returns the answer's JSON. @throws Error for any other status than 2xx */
export async function json(url, { method = 'GET', headers = {}, body, type = 'application/json' } = {}) {
  const sent = { ...headers, ...(body !== undefined && { 'content-type': type }) };
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(url, { method, headers: sent, body: text });
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname}: ${answer.status} ${await answer.text()}`);
  return await answer.json();
}

export function post(body) {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
