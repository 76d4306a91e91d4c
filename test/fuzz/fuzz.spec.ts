import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ApiDocument } from '../../src/common/api/api-document.js';
import { ROOT } from '../support/paths.js';
import { startServer, type TestServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';
import { BOMBS } from './hostile.js';
import { type FuzzRequest, fuzzRequests } from './requests.js';
import { seedResources } from './seed.js';

/** `FUZZ_REQUESTS=20000`, or 100,000, for a long run; `FUZZ_SEED` repeats one. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const AT_ONCE = 16;
/** Seconds. */
const LONGEST_BLOCK = 1;
/** 405: an id that is another route's word. 431 and 414 are Node's own, before any route. */
const ALWAYS_ALLOWED = new Set([405, 414, 431]);

let server: TestServer;
let document: ApiDocument;
let lag: LagWatch;
beforeAll(async () => {
  const watch = pathToFileURL(join(ROOT, 'test/fuzz/prototype-watch.mjs')).href;
  server = await startServer({
    databaseUrl: (await createTestDatabase()).url,
    env: { LOG_LEVEL: 'error', RATE_LIMIT_API: '1000000/1m', NODE_OPTIONS: `--import=${watch}` },
  });
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as ApiDocument;
  lag = new LagWatch(server);
  // What the start took is no matter of requests.
  await lag.takeLongest();
});

class LagWatch {
  constructor(private readonly target: TestServer) {}

  /** The longest time that the event loop stood still since the last call, in seconds. */
  async takeLongest(): Promise<number> {
    const text = await (await this.target.fetch('/metrics')).text();
    return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1] ?? 0);
  }
}

describe('a server under hostile requests', () => {
  it('reads YAML and JSON bombs without standing still', { timeout: 300_000 }, async () => {
    const results = [];
    for (const { type, body } of BOMBS) {
      const init = { method: 'POST', headers: { 'content-type': type }, body };
      let [answer, blocked]: [FuzzAnswer, number] = [{ status: 0, text: '' }, Infinity];
      // Another program may have had the processor: what blocks does so each time.
      for (let attempt = 0; attempt < 3 && blocked >= LONGEST_BLOCK; attempt++) {
        answer = await send('/api/v1/workflows/validate', init);
        blocked = await lag.takeLongest();
      }
      results.push({ bomb: `${type} ${body.slice(0, 40)}`, ...answer, blocked });
    }
    expect(results.filter(({ status, blocked }) => status >= 500 || blocked >= LONGEST_BLOCK)).toEqual([]);
  });

  it(`answers ${REQUESTS} requests with what it documents`, { timeout: 3_600_000 }, async () => {
    const known = await seedResources(server);
    const stream = fc.sample(fuzzRequests(document, known), { numRuns: REQUESTS, seed: SEED })[Symbol.iterator]();
    const faults = new Map<string, Fault>();
    await Promise.all(Array.from({ length: AT_ONCE }, () => drain(stream, faults)));
    expect(Object.fromEntries(faults), `FUZZ_SEED=${SEED}\n${server.logs().slice(-20_000)}`).toEqual({});
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });

  it('has the prototypes that it was started with', async () => {
    expect(await server.stop()).toBe(0);
    expect(server.logs()).toContain('prototypes unchanged');
  });
});

async function drain(stream: Iterator<FuzzRequest>, faults: Map<string, Fault>): Promise<void> {
  for (let next = stream.next(); next.done !== true; next = stream.next()) {
    const { name, operation, method, url, headers, body } = next.value;
    const { status, text } = await send(url, { method, headers: { ...headers }, body });
    if (status < 500 && (String(status) in operation.responses || ALWAYS_ALLOWED.has(status))) continue;
    const kind = `${status} ${name}`;
    const seen = faults.get(kind);
    if (seen !== undefined) seen.times++;
    else faults.set(kind, { times: 1, request: `${method} ${url.slice(0, 200)} ${String(body).slice(0, 300)}`, text });
  }
}

/** Bytes. The server may close before it has read all of a larger body. */
const BODY_LIMIT = 10 * 1024 * 1024;

/** Of each kind the first. */
interface Fault {
  times: number;
  readonly request: string;
  /** The beginning of the answer: its code says why. */
  readonly text: string;
}

interface FuzzAnswer {
  /** 599 when the connection broke. */
  readonly status: number;
  readonly text: string;
}

type Sent = { method: string; headers: Record<string, string>; body: string | null };

async function send(url: string, init: Sent): Promise<FuzzAnswer> {
  try {
    const answer = await server.fetch(url, { ...init, redirect: 'manual' });
    return { status: answer.status, text: (await answer.text()).slice(0, 300) };
  } catch (error) {
    return { status: (init.body?.length ?? 0) > BODY_LIMIT ? 413 : 599, text: String(error) };
  }
}
