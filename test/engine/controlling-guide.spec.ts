import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ADMIN_KEY, startApp } from '../support/app.js';
import { shellLines, STRICT } from '../support/shell-lines.js';

const run = promisify(execFile);

const IMPORT = `
name: Nightly import
steps:
  - id: check
    type: condition
    config:
      expression: "true"
      then: [{id: store, type: set, config: {values: {file: "{{ input.file }}"}}}]
`;

it('the lines of the guide "Control executions" work as they stand there', async () => {
  const { api, url } = await startApp();
  const asleep = await api.start(
    await api.create('name: sleeper\nsteps: [{id: nap, type: wait, config: {duration: 1h}}]'),
  );
  await api.reaches(asleep, 'waiting');
  const workflow = await api.create(IMPORT);
  const finish = async (status: string, input: unknown): Promise<string> => {
    const id = await api.start(workflow, { input });
    return (await api.reaches(id, status)).id;
  };
  const [failed, completed, old] = [
    await finish('failed', {}),
    await finish('completed', { file: 'a' }),
    await finish('completed', { file: 'a' }),
  ];
  const env = {
    API: `${url}/api/v1`,
    AUTH: `X-API-Key: ${ADMIN_KEY}`,
    EXECUTION: asleep,
    FAILED: failed,
    COMPLETED: completed,
    OLD: old,
  };
  const lines = STRICT + shellLines('docs/guides/controlling-executions.md');
  await run('bash', ['-c', lines], { env: { ...process.env, ...env } });
  await api.reaches(asleep, 'cancelled');
  expect((await api.reaches(completed, 'completed')).attempt).toBe(2);
  expect((await api.get(`/executions/${old}`)).status).toBe(404);
  const { body } = await api.get(`/workflows/${workflow}/executions`);
  const anew = body.items.find((execution: { retry_of: string | null }) => execution.retry_of === old);
  expect((await api.reaches(anew.id, 'completed')).output).toEqual({ file: 'b.csv' });
});
