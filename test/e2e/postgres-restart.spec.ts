import { beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Api, ExecutionView } from '../support/api.js';
import { allItems, clientOf } from '../support/deployments.js';
import { eventually } from '../support/eventually.js';
import { startHoldingServer, type HoldingServer } from '../support/holding-server.js';
import { startPrivateCluster, type PrivateCluster } from '../support/private-cluster.js';
import { startRedis, requireService } from '../support/services.js';
import { startServer, type TestServer } from '../support/server.js';

const RESTARTS = 3;

describe.each(requireService('redis') ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'a PostgreSQL that is restarted under load, with the queue in %s',
  (queue) => {
    let cluster: PrivateCluster;
    let remote: HoldingServer;
    let servers: TestServer[];
    let api: Api;

    beforeAll(async () => {
      cluster = await startPrivateCluster();
      remote = await startHoldingServer();
      const redisUrl = queue === 'Redis' ? (await startRedis()).url : undefined;
      const options = { databaseUrl: cluster.url, ...(redisUrl !== undefined && { redisUrl }) };
      const env = { RATE_LIMIT_API: 'off' };
      servers = await Promise.all([startServer({ ...options, env }), startServer({ ...options, env })]);
      api = clientOf(servers[0] as TestServer);
    });

    it('ends no process; every request succeeds or gets 503; everything accepted finishes, each step once recorded', async () => {
      const workflow = await api.create(`
name: through restarts
steps:
  - {id: before, type: set, config: {values: {n: "{{ input.n }}"}}}
  - {id: call, type: http, config: {method: PUT, url: "${remote.url}/call", body: "{{ input.n }}"}}
  - {id: rest, type: wait, config: {duration: 200ms}}
  - {id: after, type: set, config: {values: {n: "{{ input.n }}"}}}
`);
      const answers = new Map<number, Answer>();
      let stop = false;
      let sent = 0;
      const load = async (client: Api): Promise<void> => {
        while (!stop) {
          const n = sent++;
          answers.set(
            n,
            await client.post(`/workflows/${workflow}/execute`, { input: { n } }, { 'idempotency-key': `n${n}` }),
          );
        }
      };
      const loads = servers.flatMap((server) => [load(clientOf(server)), load(clientOf(server))]);
      for (let round = 1; round <= RESTARTS; round++) {
        const reached = answers.size + 20;
        await eventually(() => expect(answers.size).toBeGreaterThan(reached));
        await cluster.restart();
      }
      const reached = answers.size + 20;
      await eventually(() => expect(answers.size).toBeGreaterThan(reached));
      stop = true;
      await Promise.all(loads);

      const statuses = [...answers.values()].map((answer) => answer.status);
      expect(statuses.filter((status) => status !== 202 && status !== 503)).toEqual([]);
      const accepted = [...answers].filter(([, answer]) => answer.status === 202);
      const executions = await eventually(async () => {
        const all = await allItems<ExecutionView>(api, `/workflows/${workflow}/executions`);
        expect(all.filter((one) => one.status !== 'completed').map((one) => [one.status, one.error])).toEqual([]);
        return all;
      }, 90_000);
      const byId = new Map(executions.map((one) => [one.id, one]));
      for (const [n, answer] of accepted) expect(byId.get(answer.body.execution_id as string)?.output).toEqual({ n });
      expect(new Set(executions.map((one) => one.output.n)).size).toBe(executions.length);
      for (const server of servers) expect((await server.fetch('/health/ready')).status).toBe(200);
      expect(await servers[1]?.stop()).toBe(0);
    }, 180_000);

    it('is away: health says so, liveness does not, and SIGTERM ends the server in order', async () => {
      await cluster.stop();
      await eventually(async () => expect((await api.get('/health')).status).toBe(503));
      const refused = await api.get('/workflows');
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect((await api.get('/health/live')).status).toBe(200);
      expect(await servers[0]?.stop()).toBe(0);
    });
  },
);
