import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { TRIGGER_TYPES } from '../../src/triggers/trigger-types.js';
import { TriggerDrafts, type TriggerText } from '../../src/triggers/trigger-draft.js';
import { TriggerRegistry } from '../../src/triggers/trigger-registry.js';
import type { BaseTrigger } from '../../src/triggers/trigger.contract.js';
import { ROOT } from '../support/paths.js';
import { createTestDatabase } from '../support/test-database.js';
import { planned, startTriggerApp, type TriggerApp } from '../support/trigger-app.js';
import { TRIGGER_FIXTURES } from './trigger-types.fixtures.js';

vi.mock('../../src/engine/engine.module.js', () => ({ EngineModule: class EngineModule {} }));

let replica: TriggerApp;
let registry: TriggerRegistry;

beforeAll(async () => {
  replica = await startTriggerApp(await createTestDatabase());
  registry = replica.app.get(TriggerRegistry);
});

describe.each(TRIGGER_TYPES.map((type) => [type.name, type] as const))('%s', (_name, type) => {
  const instance = (): BaseTrigger => replica.app.get<BaseTrigger>(type);
  const fixture = (): (typeof TRIGGER_FIXTURES)[string] => {
    const found = TRIGGER_FIXTURES[instance().type];
    if (found === undefined) throw new Error(`no fixtures for ${instance().type}`);
    return found;
  };
  const timersAndRoutes = () =>
    replica.database.query(`SELECT subject_id FROM timer UNION ALL SELECT trigger_id FROM webhook_route`);
  const deploy = (id: string) => replica.request('POST', `/deployment/workflows/${id}/deploy`, {});

  it('is found by its name and its aliases, and describes itself', () => {
    for (const name of [instance().type, ...instance().aliases]) {
      expect(registry.find(name)).toBe(instance());
      expect(registry.triggerType(name)).toMatchObject({
        type: instance().type,
        schema: { additionalProperties: false },
      });
    }
  });

  it('takes right configs and names the place of each fault in wrong ones', () => {
    for (const config of fixture().right)
      expect(registry.read(instance(), config).faults, JSON.stringify(config)).toEqual([]);
    for (const [config, path] of fixture().wrong) {
      const { faults } = registry.read(instance(), config);
      expect([...new Set(faults.map((fault) => fault.path))], JSON.stringify(config)).toEqual([path]);
      for (const fault of faults) {
        expect(fault.code).toMatch(/^[a-z_]+$/);
        expect(fault.message).not.toBe('');
      }
    }
  });

  it('refuses fields that it does not know', () => {
    expect(registry.read(instance(), { ...fixture().right[0], sorcery: 1 }).faults).toMatchObject([
      { path: 'sorcery', code: 'field_unknown' },
    ]);
  });

  it('gives a default input for any payload', () => {
    for (const payload of [null, {}, [], 'text', { body: 1, input: 2 }])
      expect(() => instance().defaultInput(payload)).not.toThrow();
  });

  it('arms, arms again without a second timer or route, and leaves nothing behind', async () => {
    for (const [index, config] of fixture().right.entries()) {
      const id = await replica.workflows.create(`${instance().type}-${index}`, [planned(instance().type, config)]);
      expect(await deploy(id)).toMatchObject({ status: 201, body: { triggers: [{ is_armed: true }] } });
      const first = await timersAndRoutes();
      expect(await deploy(id)).toMatchObject({ status: 200 });
      expect(await timersAndRoutes()).toEqual(first);
      const { body } = await replica.request('GET', `/triggers/workflows/${id}/status`);
      const status: unknown = expect.toBeOneOf([...(fixture().health ?? ['healthy'])]);
      const armedSince: unknown = expect.any(String);
      expect(body).toMatchObject({ triggers: [{ health: { status, armed_since: armedSince } }] });
      await replica.request('DELETE', `/deployment/workflows/${id}/undeploy`);
      expect(await timersAndRoutes()).toEqual([]);
    }
  });
});

it('a registry refuses two types of one name, and a type without a title', () => {
  const [first] = registry.types;
  if (first === undefined) throw new Error('no types');
  expect(() => new TriggerRegistry([first, first])).toThrow(/two trigger types/);
  expect(() => new TriggerRegistry([Object.create(first, { title: { value: '' } }) as BaseTrigger])).toThrow(/title/);
});

it('the catalogue lists every type with its schema', async () => {
  const { body } = await replica.request('GET', '/trigger-types');
  expect((body['items'] as { type: string }[]).map(({ type }) => type)).toEqual(registry.types.map(({ type }) => type));
});

it('every example of the guide is right', () => {
  const guide = readFileSync(`${ROOT}/docs/guides/triggers.md`, 'utf8');
  const blocks = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text]) => parse(text ?? '') as { triggers: TriggerText[] },
  );
  const examples = blocks.flatMap(({ triggers }) => triggers);
  expect(examples.map(({ type }) => type)).toEqual(registry.types.map(({ type }) => type));
  const drafts = replica.app.get(TriggerDrafts);
  for (const example of examples) expect(drafts.faults(drafts.read(example)), example.name).toEqual([]);
});
