import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { afterFile } from '../support/cleanup.js';
import { clientOf, sharedBackends } from '../support/deployments.js';
import { DUE_COPIES } from '../support/due-copies.js';
import { eventually } from '../support/eventually.js';
import { startServer } from '../support/server.js';

const DUE = 300;

/** While somebody holds the lock, executions can be accepted and not claimed. */
const GATE = /* sql */ `
CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NEW; END $$;
CREATE TRIGGER gate BEFORE UPDATE ON execution FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate();`;

const STATES = /* sql */ `
SELECT e.status, count(*)::int AS executions, count(DISTINCT o.trigger_id)::int AS triggers, max(e.attempt)::int AS attempts
FROM execution e JOIN occurrence o ON o.execution_id = e.id WHERE e.workflow_id = $1 GROUP BY 1`;

describe.each(sharedBackends())('schedules that are due in one second, on %s', (_name, open) => {
  it('all run once, though their process is killed while they wait for their turn', async () => {
    const options = await open();
    const first = await startServer(options);
    const api = clientOf(first);
    const client = async (): Promise<Client> => {
      const connected = new Client({ connectionString: options.databaseUrl });
      await connected.connect();
      afterFile(() => connected.end());
      return connected;
    };
    const [database, keeper] = [await client(), await client()];
    const id = await api.create(
      'name: burst\nsteps: [{id: a, type: set, config: {values: {n: 1}}}]\ntriggers: [{type: cron, name: year, config: {cron: "0 0 1 1 *"}}]',
    );
    const { body } = await api.post(`/deployment/workflows/${id}/deploy`);
    await database.query(GATE);
    await keeper.query('SELECT pg_advisory_lock(77)');
    await database.query(DUE_COPIES, [body.triggers[0].id, DUE]);
    const states = async (): Promise<unknown> => (await database.query(STATES, [id])).rows;
    await eventually(async () => {
      expect(await states()).toEqual([{ status: 'queued', executions: DUE, triggers: DUE, attempts: 1 }]);
    });
    await first.kill9();
    await keeper.query('SELECT pg_advisory_unlock(77)');
    await startServer(options);
    await eventually(async () => {
      expect(await states()).toEqual([{ status: 'completed', executions: DUE, triggers: DUE, attempts: 1 }]);
    }, 60_000);
  });
});
