// The work on DBOS Transact: a workflow of three recorded steps behind Fastify. Copied beside its installed packages.
// argv: {port, databaseUrl}
import { DBOS } from '@dbos-inc/dbos-sdk';
import fastify from 'fastify';

const { port, databaseUrl } = JSON.parse(process.argv[2]);

const workflow = DBOS.registerWorkflow(
  async (input) => {
    const first = await DBOS.runStep(async () => ({ amount: input.amount }), { name: 'first' });
    const check = await DBOS.runStep(async () => ({ result: first.amount > 100 }), { name: 'check' });
    return await DBOS.runStep(async () => ({ size: check.result ? 'big' : 'small' }), { name: 'last' });
  },
  { name: 'bench' },
);

DBOS.setConfig({ name: 'bench', systemDatabaseUrl: databaseUrl, logLevel: 'warn', runAdminServer: false });
await DBOS.launch();

const start = (input) => DBOS.startWorkflow(workflow, { workflowID: `bench-${input.n}` })(input);
const app = fastify();
app.post('/run', async (request, reply) => {
  const handle = await start(request.body);
  return reply.code(202).send({ id: handle.workflowID });
});
app.post('/answer', async (request) => await (await start(request.body)).getResult());
await app.listen({ port, host: '127.0.0.1' });
