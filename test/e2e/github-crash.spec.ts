import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Client } from 'pg';
import { clientOf, sharedBackends } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { signed } from '../support/fake-github.js';
import { startServer, type ServerOptions, type TestServer } from '../support/server.js';

const SECRET = 'the secret of the app';
const BODY = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' }, commits: [] });
const GATE = 9_401;

/** The COMMIT of the execution is under way and will succeed; it waits, so that nobody has been answered. */
const HOLD_COMMITS = /* sql */ `
CREATE FUNCTION hold_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared(${GATE}); RETURN NEW; END $$;
CREATE CONSTRAINT TRIGGER hold_commit AFTER INSERT ON execution DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW WHEN (NEW.trigger_type = 'github') EXECUTE FUNCTION hold_commit();`;
const HELD = /* sql */ `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = ${GATE} AND NOT granted`;

describe.each(sharedBackends())('a GitHub delivery on %s', (_name, open) => {
  it('whose answer is lost in a crash after its commit is a duplicate when it comes again', async () => {
    const options = await open();
    const first = await start(options);
    const api = clientOf(first);
    const workflow = await api.create(
      'name: crash\nsteps: [{id: note, type: log, config: {message: hi}}]\ntriggers: [{type: github, config: {events: [push]}}]',
    );
    expect((await api.post(`/deployment/workflows/${workflow}/deploy`)).status).toBe(201);
    const database = new Client({ connectionString: options.databaseUrl });
    await database.connect();
    await database.query(HOLD_COMMITS);
    await database.query(`SELECT pg_advisory_lock(${GATE})`);
    const id = randomUUID();

    const answer = deliver(first, id).then(
      ({ status }) => status,
      () => 'none',
    );
    await eventually(async () => expect((await database.query(HELD)).rowCount).toBe(1));
    await first.kill9();
    expect(await answer).toBe('none');
    await database.query(`SELECT pg_advisory_unlock(${GATE})`);
    await eventually(async () =>
      expect((await database.query(`SELECT FROM execution WHERE trigger_type = 'github'`)).rowCount).toBe(1),
    );
    await database.end();

    const second = await start(options);
    const again = (await (await deliver(second, id)).json()) as { results: { execution_id: string }[] };
    expect(again.results).toMatchObject([{ status: 'duplicate', duplicate: true }]);
    const executions = await clientOf(second).get(`/executions?workflow_id=${workflow}`);
    expect(executions.body.items).toHaveLength(1);
    await clientOf(second).reaches(again.results[0]?.execution_id ?? '', 'completed');
  });
});

function start(options: ServerOptions): Promise<TestServer> {
  return startServer({ ...options, env: { GITHUB_WEBHOOK_SECRET: SECRET } });
}

function deliver(server: TestServer, id: string): Promise<Response> {
  return fetch(`${server.url}/api/v1/public/webhooks/github`, {
    method: 'POST',
    body: BODY,
    headers: {
      'content-type': 'application/json',
      'x-github-event': 'push',
      'x-github-delivery': id,
      'x-hub-signature-256': signed(BODY, SECRET),
    },
  });
}
