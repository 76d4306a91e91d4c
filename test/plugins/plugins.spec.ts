import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPlugins } from '../../src/load-plugins.js';
import { startApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

type Told = [string, { executionId: string; stepPath?: string; status?: string }][];

it('a plugin brings a node type, a trigger type and hooks, and hooks that fail change nothing', async () => {
  const plugins = await loadPlugins(['./pulse.mjs'], import.meta.dirname);
  const { api } = await startApp({}, undefined, plugins);
  expect((await api.get('/node-types/greet')).body).toMatchObject({ title: 'Greet' });
  const { body: types } = await api.get('/trigger-types');
  expect(types.items).toContainEqual(expect.objectContaining({ type: 'pulse' }));

  const id = await api.create(
    'name: hello\nsteps: [{id: greet, type: greet, config: {name: "{{ input.message }}"}}]\n' +
      'triggers: [{type: pulse, config: {message: Ada}}]',
  );
  const { body: deployed } = await api.post(`/deployment/workflows/${id}/deploy`);
  const [occurrence] = await eventually(async () => {
    const { body } = await api.get(`/triggers/${deployed.triggers[0].id as string}/occurrences`);
    expect(body.items).toHaveLength(1);
    return body.items;
  });
  const execution = await api.reaches(occurrence.execution_id as string, 'completed');
  expect(execution).toMatchObject({ trigger_type: 'pulse', output: { text: 'Hello, Ada' } });

  await eventually(() => {
    const told = (globalThis as unknown as { pulseTold: Told }).pulseTold;
    const own = told.filter(([, event]) => event.executionId === execution.id);
    expect(own.map(([name, { stepPath, status }]) => [name, stepPath, status])).toEqual([
      ['onWorkflowStart', undefined, undefined],
      ['onStepStart', 'greet', undefined],
      ['onStepComplete', 'greet', 'completed'],
      ['onWorkflowComplete', undefined, 'completed'],
    ]);
  });
});

it('every plugin that cannot be loaded is named, with its fault', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-plugins-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'plain.mjs'), 'export default 1;');
  writeFileSync(join(folder, 'odd.mjs'), 'export default () => ({ nodeTypes: [class {}], hooks: { onStart() {} } });');
  const load = loadPlugins(['./plain.mjs', './odd.mjs', './gone.mjs', 'millrace-plugin-nowhere'], folder);
  const { errors } = await load.then(
    () => ({ errors: [] }),
    (error: unknown) => error as { errors: { path: string; message: string }[] },
  );
  expect(errors.map(({ path }) => path)).toEqual(Array<string>(4).fill('MILLRACE_PLUGINS'));
  const [plain, odd, gone, nowhere] = errors.map(({ message }) => message);
  expect(plain).toContain('default export');
  expect(odd).toContain('NodeType');
  expect(odd).toContain('hooks.onStart');
  expect(gone).toContain('gone.mjs');
  expect(nowhere).toContain('millrace-plugin-nowhere');
});

it('without plugins nothing listens', async () => {
  expect((await loadPlugins([], '.')).hooks).toBeNull();
});
