import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { clientOf } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startRecordingServer } from '../support/recording-server.js';
import { startServer } from '../support/server.js';
import { createTestDatabase } from '../support/test-database.js';
import type { Api } from '../support/api.js';

async function deploy(api: Api, url: string, interval: string, timeout = '1s'): Promise<string> {
  const id = await api.create(
    `name: watch\nsteps: [{id: a, type: log, config: {message: hi}}]\n` +
      `triggers: [{type: condition, config: {expression: http.body.on, http: {url: "${url}", timeout: ${timeout}}, interval: ${interval}}}]`,
  );
  const { body } = await api.post(`/deployment/workflows/${id}/deploy`);
  return body.triggers[0].id as string;
}

const ledger = async (api: Api, trigger: string): Promise<any[]> =>
  (await api.get(`/triggers/${trigger}/occurrences?limit=500`)).body.items;

describe('a condition', () => {
  it('loses no edge and makes none when its replica is killed while it looks, and after it has fired', async () => {
    let isOn = false;
    let isHeld = true;
    const polled = await startRecordingServer((_call, response) => {
      if (isHeld) return;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ on: isOn }));
    });
    const { url: databaseUrl } = await createTestDatabase();
    const first = await startServer({ databaseUrl });
    const trigger = await deploy(clientOf(first), polled.url, '1s');
    await eventually(() => expect(polled.calls.length).toBeGreaterThan(0));
    await first.kill9();

    [isHeld, isOn] = [false, true];
    const second = await startServer({ databaseUrl });
    await eventually(async () => expect(await ledger(clientOf(second), trigger)).toHaveLength(1), 30_000);
    await second.kill9();

    const before = polled.calls.length;
    const third = await startServer({ databaseUrl });
    await eventually(() => expect(polled.calls.length).toBeGreaterThan(before + 1), 30_000);
    isOn = false;
    const seen = async (result: string): Promise<void> =>
      eventually(async () => {
        const { body } = await clientOf(third).get(`/triggers/${trigger}`);
        expect(body.state.result).toBe(result);
      }, 30_000);
    await seen('false');
    expect((await ledger(clientOf(third), trigger)).map(({ outcome }) => outcome)).toEqual(['fired']);
    isOn = true;
    await seen('true');
    expect((await ledger(clientOf(third), trigger)).map(({ outcome }) => outcome)).toEqual(['fired', 'fired']);
  }, 120_000);

  it('is looked at by one replica at a time: each edge fires once', async () => {
    let looks = 0;
    const polled = await startRecordingServer((_call, response) => {
      looks += 1;
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ on: looks % 2 === 1, look: looks }));
    });
    const { api, db } = await startApp();
    await startApp({}, db);
    const trigger = await deploy(api, polled.url, '1s', '1m');
    const items = await eventually(async () => {
      const all = await ledger(api, trigger);
      expect(all.length).toBeGreaterThan(3);
      return all.reverse();
    }, 60_000);
    expect(items.every(({ outcome }) => outcome === 'fired')).toBe(true);
    expect(items.map(({ payload }) => payload.http.body.look as number)).toEqual(
      items.map((_, index) => 2 * index + 1),
    );
  }, 120_000);
});
