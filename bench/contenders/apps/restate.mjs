// The work as a Restate service: a handler of three recorded steps. Copied beside its installed packages.
// argv: {port}
import * as restate from '@restatedev/restate-sdk';

const { port } = JSON.parse(process.argv[2]);

const bench = restate.service({
  name: 'bench',
  handlers: {
    run: async (context, input) => {
      const first = await context.run('first', async () => ({ amount: input.amount }));
      const check = await context.run('check', async () => ({ result: first.amount > 100 }));
      return await context.run('last', async () => ({ size: check.result ? 'big' : 'small' }));
    },
  },
});

await restate.serve({ services: [bench], port });
