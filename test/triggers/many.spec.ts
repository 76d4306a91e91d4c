import { expect, it } from 'vitest';
import { TriggerManager } from '../../src/triggers/trigger-manager.js';
import { startApp } from '../support/app.js';

const COUNT = 10_000;

/** Copies of one trigger, each with a path of its own. */
const COPIES = /* sql */ `
INSERT INTO trigger (id, workflow_id, type, name, origin, config, is_enabled, armed_at, version)
SELECT gen_random_uuid(), t.workflow_id, t.type, t.type || ' ' || n, 'api',
  CASE t.type WHEN 'webhook' THEN jsonb_set(t.config::jsonb, '{path}', to_jsonb('/many/' || n || '/:id')) ELSE t.config::jsonb END, true, now(), t.version
FROM trigger t, generate_series(1, $2::int) AS n WHERE t.id = $1`;
const TIMERS = /* sql */ `
INSERT INTO timer (id, kind, subject_id, key, due_at, payload)
SELECT gen_random_uuid(), 'trigger', t.id, '', now() + interval '1 year', '{"instant": null}'
FROM trigger t WHERE t.type = 'cron' AND t.name LIKE 'cron %'`;

it('10,000 webhooks and 10,000 schedules are in force when a server has started', async () => {
  const first = await startApp();
  await first.api.post('/secrets', { name: 'many', value: 'a-token-for-all' });
  const id = await first.api.create(
    'name: many\nsteps: [{id: a, type: log, config: {message: hi}}]\ntriggers:\n' +
      '  - {type: webhook, name: hook, config: {path: /many, auth: {type: bearer, token: "{{ secrets.many }}"}}}\n' +
      '  - {type: cron, name: year, config: {cron: "0 0 1 1 *"}}',
  );
  const { body } = await first.api.post(`/deployment/workflows/${id}/deploy`);
  for (const trigger of body.triggers as { id: string }[]) await first.db.database.query(COPIES, [trigger.id, COUNT]);
  await first.db.database.query(TIMERS);
  await first.close();
  const began = performance.now();
  const second = await startApp({}, first.db);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`a server with 20,000 triggers has started after ${seconds} s\n`);
  expect(second.app.get(TriggerManager).counts()).toEqual({ attached: COUNT + 1, failing: 0 });
  for (const n of [1, COUNT / 2, COUNT]) {
    const headers = { authorization: 'Bearer a-token-for-all' };
    const answer = await fetch(`${second.url}/webhook/many/${n}/7`, { method: 'POST', headers });
    expect(answer.status).toBe(202);
  }
}, 120_000);
