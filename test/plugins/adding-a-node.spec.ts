import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { type PluginClass, Plugins } from '../../src/common/plugins/plugins.js';
import { startApp } from '../support/app.js';
import { afterFile } from '../support/cleanup.js';
import { fences } from '../support/markdown.js';
import { ROOT } from '../support/paths.js';

const PAGE = 'docs/adding-a-node.md';
const FOLDER = 'src/nodes/types/greet';
const text = readFileSync(join(ROOT, PAGE), 'utf8');

it('the type of the guide, as it is written there, is checked, described and run', async () => {
  const { api } = await startApp({}, undefined, new Plugins([await writtenType()]));
  const { body: described } = await api.get('/node-types/greet');
  expect(described).toMatchObject({ kind: 'ACTION', title: 'Greet', ports: ['out'] });
  expect(described.schema).toMatchObject({
    required: ['name'],
    properties: { name: { description: 'Who is greeted.' }, greeting: { default: 'Hello' } },
  });

  const workflow = (config: string): string => `name: greeting\nsteps: [{id: a, type: greet, config: ${config}}]\n`;
  const execution = await api.run(workflow('{name: "{{ input.who }}"}'), { input: { who: 'Ada' } });
  expect(execution.output).toEqual({ text: 'Hello, Ada' });
  const odd = await api.run(workflow('{name: "{{ input.who }}"}'), { input: { who: 5 } });
  expect(odd).toMatchObject({ status: 'failed', error: { code: 'config_invalid', step_path: 'a' } });

  const yaml = { 'content-type': 'application/yaml' };
  const refused = await api.call('POST', '/workflows', workflow('{nmae: Ada, greeting: 3}'), yaml);
  expect(refused.status).toBe(422);
  const faults = Object.fromEntries(refused.body.errors.map((fault: { path: string }) => [fault.path, fault]));
  expect(faults).toMatchObject({
    'steps[0].config.name': {},
    'steps[0].config.greeting': {},
    'steps[0].config.nmae': { code: 'field_unknown', hint: expect.stringContaining('name') },
  });
});

it('the guide names files, and a list, that are there', () => {
  for (const [, path] of text.matchAll(/`((?:src|test)\/[\w/.-]+\.ts)`/g)) {
    if (!path?.startsWith(FOLDER)) expect(readFileSync(join(ROOT, path ?? ''), 'utf8')).not.toBe('');
  }
  expect(readFileSync(join(ROOT, 'src/nodes/node-types.ts'), 'utf8')).toContain('THE LIST');
});

/** Writes the files of the guide as it names them, beside the sources that they import, and loads the type. */
async function writtenType(): Promise<PluginClass> {
  const cache = join(ROOT, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'greet-'));
  afterFile(() => rmSync(folder, { recursive: true, force: true }));
  const codes = fences({ path: PAGE, text }).filter(({ language }) => language === 'ts');
  const paths = [...text.matchAll(/`(src\/nodes\/types\/greet\/[\w.]+)`/g)].map(([, path = '']) => path);
  expect(paths).toHaveLength(codes.length);
  paths.forEach((path, index) => {
    writeFileSync(join(folder, relative(FOLDER, path)), linked(codes[index]?.text ?? '', folder));
  });
  const module = (await import(pathToFileURL(join(folder, 'greet.node.ts')).href)) as { GreetNode: PluginClass };
  return module.GreetNode;
}

/** What leads out of the folder of the type leads to the sources. */
function linked(code: string, folder: string): string {
  return code.replaceAll(/'(\.\.\/[^']+)'/g, (_all, path: string) => {
    return `'${relative(folder, join(ROOT, FOLDER, path))}'`;
  });
}
