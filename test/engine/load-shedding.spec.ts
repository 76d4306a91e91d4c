import { setImmediate as turn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { LoadMeter } from '../../src/engine/load/load-meter.js';
import { ReplicaLease } from '../../src/engine/maintenance/replica-lease.js';
import { Slots } from '../../src/engine/run/slots.js';
import { ADMIN_KEY, startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';

const WORKERS = 8;
/** Giving back four steps takes eight looks of a second, on a machine that has nothing else to do. */
const RECOVERY_LIMIT_MS = 40_000;

let app: TestApp;
let remote: HoldingServer;

beforeAll(async () => {
  app = await startApp({ WORKER_CONCURRENCY: String(WORKERS) });
  remote = await startHoldingServer();
});

/** The load: the event loop gets a turn only every so often. */
async function blockUntil(isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    const until = performance.now() + 300;
    while (performance.now() < until);
    await turn();
  }
}

const metric = async (): Promise<string> => {
  const answer = await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } });
  return /^orchestrator_worker_share (\S+)$/m.exec(await answer.text())?.[1] ?? 'none';
};

const status = async (): Promise<{ concurrency: number; shedding: { share: number; reason: string }[] }> => {
  // The row that others read is written with the next heartbeat.
  await app.app.get(ReplicaLease).heartbeat();
  return (await app.api.get('/scheduler/status')).body.workers as Awaited<ReturnType<typeof status>>;
};

describe('a worker whose event loop is blocked', () => {
  it(
    'takes fewer executions, says so, and takes as many as before when it is over',
    async () => {
      const slots = app.app.get(Slots);
      // The start itself may have blocked the event loop: what is tested begins in calm.
      await eventually(async () => expect([slots.size, await metric()]).toEqual([WORKERS, '1']), RECOVERY_LIMIT_MS);
      remote.hold('/held');
      const workflow = await app.api.create(
        `name: held\nsteps: [{id: call, type: http, config: {url: "${remote.url}/held", timeout: 5m}}]`,
      );

      await blockUntil(() => slots.size === 1);
      expect((await app.api.get('/health')).body.checks.executor).toBe('degraded');
      const started = await Promise.all(Array.from({ length: WORKERS }, () => app.api.start(workflow)));
      const shedding = await status();
      expect(shedding.concurrency).toBeLessThan(WORKERS);
      expect(shedding.shedding).toMatchObject([{ reason: 'event_loop' }]);
      expect(Number(await metric())).toBeLessThan(1);
      await eventually(() => expect(remote.count('/held')).toBeGreaterThan(0));
      expect(remote.count('/held')).toBeLessThan(WORKERS);

      await eventually(() => expect(slots.size).toBe(WORKERS), RECOVERY_LIMIT_MS);
      await eventually(() => expect(remote.count('/held')).toBe(WORKERS));
      await eventually(async () => {
        expect([await metric(), await status()]).toMatchObject(['1', { concurrency: WORKERS, shedding: [] }]);
        expect((await app.api.get('/health')).body.checks.executor).toBe('ok');
      }, RECOVERY_LIMIT_MS);
      remote.letGo('/held');
      for (const id of started) await app.api.reaches(id, 'completed');
    },
    RECOVERY_LIMIT_MS * 4,
  );
});

describe('the load meter', () => {
  it('feels that the event loop was blocked, and that it is free again', async () => {
    const meter = new LoadMeter();
    try {
      let seen = 0;
      await blockUntil(() => (seen = Math.max(seen, meter.look().lagMs)) > 100);
      await eventually(() => expect(meter.look().lagMs).toBeLessThan(40));
    } finally {
      meter.stop();
    }
  });

  it('knows how much memory is in use', () => {
    const meter = new LoadMeter();
    const { memory } = meter.look();
    meter.stop();
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThan(1);
  });
});
