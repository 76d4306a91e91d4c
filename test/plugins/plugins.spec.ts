import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadPlugins, PLUGIN_API } from '../../src/load-plugins.js';
import { readConfig } from '../../src/common/config/read-config.js';
import { TriggerWatch } from '../../src/triggers/trigger-watch.js';
import { startApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { fences } from '../support/markdown.js';
import { fireTimers } from '../support/pass-time.js';
import { ROOT } from '../support/paths.js';

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

it('the trigger type of the guide is loaded by MILLRACE_PLUGINS, fires, and is armed again when its timer is lost', async () => {
  const page = 'docs/adding-a-trigger.md';
  const text = readFileSync(join(ROOT, page), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'millrace-heartbeat-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  const source = fences({ path: page, text }).find(({ language }) => language === 'js')?.text ?? '';
  writeFileSync(join(folder, 'heartbeat.mjs'), source);
  const { config } = readConfig({
    DATABASE_URL: 'postgres://unused',
    SECRET_KEY: 'k'.repeat(32),
    MILLRACE_PLUGINS: './heartbeat.mjs',
  });
  const { app, api, db } = await startApp({}, undefined, await loadPlugins(config.plugins, folder));
  const id = await api.create(
    'name: beats\nsteps: [{id: a, type: set, config: {values: {got: "{{ input.message }}"}}}]\n' +
      'triggers: [{type: heartbeat, config: {message: still here}}]',
  );
  const { body: deployed } = await api.post(`/deployment/workflows/${id}/deploy`);
  const trigger = deployed.triggers[0].id as string;
  const beats = (count: number): Promise<any[]> =>
    eventually(async () => {
      const { body } = await api.get(`/triggers/${trigger}/occurrences`);
      expect(body.items).toHaveLength(count);
      return body.items as any[];
    });
  await fireTimers(db.database, trigger);
  const [first] = await beats(1);
  const ended = await api.reaches(first.execution_id as string, 'completed');
  expect(ended).toMatchObject({ trigger_type: 'heartbeat', output: { got: 'still here' } });
  await db.database.query('DELETE FROM timer WHERE subject_id = $1', [trigger]);
  await eventually(async () => {
    await app.get(TriggerWatch).sweep();
    expect((await api.get(`/triggers/${trigger}/health`)).body).toMatchObject({ restarts: 1, status: 'healthy' });
  });
  await fireTimers(db.database, trigger);
  await beats(2);
});

it.each([
  ['that is required', { main: 'index.cjs' }, 'module.exports ='],
  ['that is imported', { exports: './index.mjs' }, 'export default'],
  ['that is imported only', { exports: { '.': { types: './index.d.ts', import: './index.mjs' } } }, 'export default'],
  [
    'that is imported only, by Node',
    { exports: { browser: './none.mjs', node: { import: './index.mjs' } } },
    'export default',
  ],
])('an npm package %s is found from the working folder', async (_kind, entry, exported) => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  const home = join(folder, 'node_modules/@shop/millrace-plugin');
  mkdirSync(home, { recursive: true });
  const json = JSON.stringify({ name: '@shop/millrace-plugin', version: '1.0.0', ...entry });
  writeFileSync(join(home, 'package.json'), json);
  const file = exported.startsWith('module') ? 'index.cjs' : 'index.mjs';
  writeFileSync(join(home, file), `${exported} ({ nodes }) => ({ nodeTypes: [class extends nodes.NodeType {}] });`);
  expect((await loadPlugins(['@shop/millrace-plugin'], folder)).nodeTypes).toHaveLength(1);
});

it('a plugin has the errors that a node type throws', () => {
  const { NodeError, AttemptAbortedError } = PLUGIN_API.nodes;
  expect(new NodeError('busy', 'The line is busy.', { retryable: true })).toMatchObject({ code: 'busy' });
  expect(new AttemptAbortedError(AbortSignal.abort('timeout'))).toMatchObject({ code: 'timeout', retryable: true });
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
