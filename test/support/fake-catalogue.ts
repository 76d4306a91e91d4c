import type { Fault } from '../../src/common/errors/app-error.js';
import { parseDuration } from '../../src/common/duration.js';
import {
  type NestedScope,
  type NodeTypeDescription,
  type TriggerTypeDescription,
  TypeCatalogue,
} from '../../src/definition/type-catalogue.js';

type Config = Readonly<Record<string, unknown>>;

/** A catalogue with the shapes of the real one, for tests of the definition module alone. */
export class FakeCatalogue extends TypeCatalogue {
  override nodeType(type: string): NodeTypeDescription | undefined {
    return NODES.find((node) => node.type === type);
  }
  override triggerType(type: string): TriggerTypeDescription | undefined {
    return TRIGGERS.find((trigger) => trigger.type === type || trigger.aliases.includes(type));
  }
  override nodeTypes(): readonly NodeTypeDescription[] {
    return NODES;
  }
  override triggerTypes(): readonly TriggerTypeDescription[] {
    return TRIGGERS;
  }
}

interface Shape {
  fields: readonly string[];
  required?: readonly string[];
  durations?: readonly string[];
}

function checkShape({ fields, required = [], durations = [] }: Shape): (config: Config) => readonly Fault[] {
  return (config) => [
    ...Object.keys(config)
      .filter((key) => !fields.includes(key))
      .map((key) => ({ path: key, code: 'config_unknown_field', message: `There is no field "${key}".` })),
    ...required
      .filter((key) => config[key] === undefined)
      .map((key) => ({ path: '', code: 'config_required', message: `"${key}" is needed.` })),
    ...durations
      .filter(
        (key) =>
          config[key] !== undefined &&
          !(typeof config[key] === 'string' && config[key].includes('{{')) &&
          parseDuration(config[key]) === null,
      )
      .map((key) => ({ path: key, code: 'config_duration', message: `"${key}" must be a duration.` })),
  ];
}

function schemaOf({ fields }: Shape): Config {
  return { type: 'object', properties: Object.fromEntries(fields.map((name) => [name, {}])) };
}

function node(
  type: string,
  shape: Shape,
  more: Partial<Omit<NodeTypeDescription, 'type' | 'check' | 'schema'>> = {},
): NodeTypeDescription {
  return {
    type,
    kind: 'ACTION',
    title: type,
    description: `The step type ${type}.`,
    ports: ['out'],
    effect: () => 'pure',
    nested: () => [],
    expressionFields: [],
    ...more,
    check: checkShape(shape),
    schema: schemaOf(shape),
  };
}

const given = (scopes: readonly NestedScope[], config: Config): NestedScope[] =>
  scopes.filter(({ at }) => {
    let value: unknown = config;
    for (const segment of at) value = (value as Record<string | number, unknown> | undefined)?.[segment];
    return value !== undefined;
  });

const CASES = (config: Config): NestedScope[] => {
  const cases = Array.isArray(config['cases']) ? config['cases'] : [];
  return [
    ...cases.map((_, index) => ({ name: `cases[${index}]`, port: `cases[${index}]`, at: ['cases', index, 'steps'] })),
    { name: 'default', port: 'default', at: ['default'] },
  ];
};

const NODES: readonly NodeTypeDescription[] = [
  node(
    'http',
    {
      fields: ['method', 'url', 'headers', 'query', 'body', 'timeout', 'follow_redirects', 'expect_status'],
      required: ['url'],
      durations: ['timeout'],
    },
    { effect: (config) => (config['method'] === 'POST' ? 'once' : 'idempotent') },
  ),
  node('set', { fields: ['values', 'expression'] }),
  node('transform', { fields: ['values', 'expression'] }, { expressionFields: ['expression'] }),
  node('log', { fields: ['level', 'message', 'data'] }),
  node('wait', { fields: ['duration', 'until'], durations: ['duration'] }, { kind: 'FLOW' }),
  node('script', { fields: ['runtime', 'code', 'script', 'args', 'env', 'timeout'] }, { effect: () => 'once' }),
  node(
    'database',
    { fields: ['connection', 'operation', 'table', 'values', 'sql', 'params'] },
    { effect: () => 'once' },
  ),
  node('email', { fields: ['to', 'subject', 'text'] }, { kind: 'EXTERNAL_ACTION', effect: () => 'once' }),
  node(
    'condition',
    { fields: ['expression', 'conditions', 'then', 'else'] },
    {
      kind: 'FLOW',
      ports: ['true', 'false'],
      expressionFields: ['expression', 'conditions.all.*', 'conditions.any.*'],
      nested: (config) =>
        given(
          [
            { name: 'then', port: 'true', at: ['then'] },
            { name: 'else', port: 'false', at: ['else'] },
          ],
          config,
        ),
    },
  ),
  node(
    'switch',
    { fields: ['value', 'cases', 'default'] },
    {
      kind: 'FLOW',
      ports: ['cases[*]', 'default'],
      expressionFields: ['cases.*.when'],
      nested: (config) => given(CASES(config), config),
    },
  ),
  node(
    'loop',
    { fields: ['items', 'while', 'times', 'item_variable', 'max_iterations', 'max_concurrency', 'steps'] },
    {
      kind: 'FLOW',
      ports: ['body', 'done'],
      expressionFields: ['while'],
      nested: () => [{ name: 'body', port: 'body', at: ['steps'] }],
    },
  ),
  node(
    'group',
    { fields: ['steps'], required: ['steps'] },
    { kind: 'FLOW', nested: () => [{ name: 'branches.steps', port: 'steps', at: ['steps'] }] },
  ),
  node(
    'parallel',
    { fields: ['branches', 'max_concurrency', 'fail_fast', 'wait_for'] },
    {
      kind: 'FLOW',
      nested: (config) =>
        Object.keys((config['branches'] ?? {}) as Config).map((name) => ({
          name: `branches.${name}`,
          port: name,
          at: ['branches', name],
        })),
    },
  ),
];

const CRON: Shape = { fields: ['cron', 'timezone', 'jitter'], required: ['cron'] };
const WEBHOOK: Shape = { fields: ['path', 'method', 'methods', 'auth', 'response'] };

const TRIGGERS: readonly TriggerTypeDescription[] = [
  trigger('cron', ['schedule'], CRON),
  trigger('webhook', [], WEBHOOK),
  trigger('manual', [], { fields: ['require_confirmation'] }),
];

function trigger(type: string, aliases: readonly string[], shape: Shape): TriggerTypeDescription {
  const description = `The trigger type ${type}.`;
  return { type, aliases, title: type, description, check: checkShape(shape), schema: schemaOf(shape) };
}
