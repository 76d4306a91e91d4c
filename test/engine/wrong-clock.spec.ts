import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../support/api.js';
import { startApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startSmtp, type TestSmtp } from '../support/smtp.js';
import { setClockOff } from '../support/wrong-clock.js';

const HOUR_MS = 3_600_000;

let api: Api;
let url: string;
let smtp: TestSmtp;
let setRight: () => void;
beforeAll(async () => {
  smtp = await startSmtp();
  // The database keeps the right time.
  setRight = setClockOff(HOUR_MS);
  const env = { SMTP_URL: smtp.url, MAIL_FROM: 'm@example.com', NOTIFY_EMAIL: 'ops@example.com' };
  ({ api, url } = await startApp(env));
});
afterAll(() => setRight());

async function deploy(name: string, triggers: string): Promise<{ id: string; trigger: string }> {
  const yaml = `name: ${name}\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]\ntriggers: [${triggers}]`;
  const id = await api.create(yaml);
  const { status, body } = await api.post(`/deployment/workflows/${id}/deploy`);
  expect(status, JSON.stringify(body)).toBe(201);
  return { id, trigger: body.triggers[0].id as string };
}

/** The first occurrence of a trigger with this outcome. */
const seen = (trigger: string, outcome: string): Promise<any> =>
  eventually(async () => {
    const { items } = (await api.get(`/triggers/${trigger}/occurrences`)).body;
    const found = items.find((one: { outcome: string }) => one.outcome === outcome);
    expect(found, JSON.stringify(items)).toBeDefined();
    return found;
  });

const event = (type: string) => ({ specversion: '1.0', id: type, source: '/clock', type, data: {} });

describe('a process whose clock is an hour ahead', () => {
  it('lets no approval wait longer than it should, and tells people at once', async () => {
    const ask = 'title: Pay?, notify: [ada@example.com], timeout: 2s, on_timeout: approve';
    const id = await api.start(
      await api.create(`name: clock-approval\nsteps: [{id: ask, type: approval, config: {${ask}}}]`),
    );
    const ended = await api.reaches(id, 'completed');
    expect(ended.output).toMatchObject({ decision: 'approve', by: 'timeout' });
    await eventually(() => expect(smtp.mails.flatMap(({ to }) => to)).toContain('ada@example.com'));
  });

  it('does not take the links of an open approval for expired', async () => {
    const ask = 'title: Pay?, timeout: 10m';
    const id = await api.start(
      await api.create(`name: clock-links\nsteps: [{id: ask, type: approval, config: {${ask}}}]`),
    );
    await api.reaches(id, 'waiting');
    const { items } = (await api.get(`/approvals?execution_id=${id}`)).body;
    const answer = await fetch(url + new URL(items[0].links.approve as string).pathname, { method: 'POST' });
    expect(answer.status, await answer.text()).toBe(200);
    await api.reaches(id, 'completed');
  });

  it('ends a wait for an event in time, and delivers an event at once', async () => {
    const wait = (name: string, timeout: string): string =>
      `name: ${name}\nsteps: [{id: hold, type: wait_for_event, config: {event: clock.${name}, timeout: ${timeout}}}]`;
    const left = await api.start(await api.create(wait('left', '2s')));
    const told = await api.start(await api.create(wait('told', '10m')));
    await api.reaches(told, 'waiting');
    await api.post('/events', event('clock.told'));
    await api.reaches(told, 'completed');
    expect((await api.reaches(left, 'failed')).error).toMatchObject({ code: 'timeout' });
  });

  it('mails a notification at once', async () => {
    const { trigger } = await deploy('clock-notify', '{type: event, mode: notify, config: {types: [clock.notify]}}');
    await api.post('/events', event('clock.notify'));
    await seen(trigger, 'notified');
    await eventually(() => expect(smtp.mails.flatMap(({ to }) => to)).toContain('ops@example.com'));
  });

  it('gathers events for as long as the trigger says', async () => {
    const config = 'types: [clock.gather], debounce: 1s';
    const { trigger } = await deploy('clock-gather', `{type: event, config: {${config}}}`);
    await api.post('/events', event('clock.gather'));
    await seen(trigger, 'fired');
  });

  it('arms a schedule for its next instant, not for one in an hour', async () => {
    const before = Date.now() - HOUR_MS;
    const { trigger } = await deploy('clock-cron', '{type: cron, config: {cron: "* * * * * *"}}');
    const { scheduled_for: at } = await seen(trigger, 'fired');
    expect(Date.parse(at)).toBeGreaterThanOrEqual(before - 1_000);
    expect(Date.parse(at)).toBeLessThan(before + HOUR_MS / 2);
  });

  it('starts a backfill at once, and refuses one of the future', async () => {
    const { trigger } = await deploy('clock-backfill', '{type: cron, config: {cron: "0 * * * *"}}');
    const now = Date.now() - HOUR_MS;
    const to = new Date(now).toISOString();
    const range = { from: new Date(now - 2 * HOUR_MS).toISOString(), to };
    expect((await api.post(`/triggers/${trigger}/backfill`, range)).status).toBe(202);
    await seen(trigger, 'fired');
    const future = { from: to, to: new Date(now + HOUR_MS / 2).toISOString() };
    expect((await api.post(`/triggers/${trigger}/backfill`, future)).status).toBe(422);
  });
});
