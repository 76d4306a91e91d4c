import { pathToFileURL } from 'node:url';
import * as validators from 'class-validator';
import { ConfigError } from './common/config/config.errors.js';
import type { Fault } from './common/errors/app-error.js';
import { HOOK_NAMES, Hooks, type PluginHooks } from './common/plugins/hooks.js';
import { pluginPath } from './common/plugins/plugin-path.js';
import { Plugins, type PluginClass } from './common/plugins/plugins.js';
import { Field, Nested, NestedList } from './common/validation/fields.js';
import { IsDuration } from './common/validation/rules.js';
import * as nodes from './nodes/node.contract.js';
import { AttemptAbortedError, NodeError } from './nodes/nodes.errors.js';
import * as triggers from './triggers/trigger.contract.js';

/** What a plugin is given: the contracts, so that it need not import this server. */
export const PLUGIN_API = {
  nodes: { ...nodes, NodeError, AttemptAbortedError },
  triggers,
  validators,
  fields: { Field, Nested, NestedList, IsDuration, rules },
} as const;

/** What a plugin's function returns. */
export interface Plugin {
  readonly nodeTypes?: readonly PluginClass[];
  readonly triggerTypes?: readonly PluginClass[];
  readonly hooks?: PluginHooks;
}

const PARTS = ['nodeTypes', 'triggerTypes', 'hooks'];

/** Loads packages (`millrace-plugin-sms`) and files (`./own.js`) from `folder`. @throws ConfigError with every fault */
export async function loadPlugins(names: readonly string[], folder: string): Promise<Plugins> {
  const faults: Fault[] = [];
  const loaded: Plugin[] = [];
  for (const name of names) {
    try {
      loaded.push(await loadPlugin(name, folder));
    } catch (error) {
      const message = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      faults.push({ path: 'MILLRACE_PLUGINS', code: 'plugin_invalid', message });
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  const hooks = loaded.flatMap((plugin) => plugin.hooks ?? []);
  return new Plugins(
    loaded.flatMap(({ nodeTypes }) => nodeTypes ?? []),
    loaded.flatMap(({ triggerTypes }) => triggerTypes ?? []),
    hooks.length === 0 ? null : new Hooks(hooks),
  );
}

async function loadPlugin(name: string, folder: string): Promise<Plugin> {
  const { default: make } = (await import(pathToFileURL(pluginPath(name, folder)).href)) as { default?: unknown };
  if (typeof make !== 'function') throw new Error('its default export must be a function of the plugin API');
  const plugin = (await (make as (api: typeof PLUGIN_API) => unknown)(PLUGIN_API)) as Plugin | null | undefined;
  if (typeof plugin !== 'object' || plugin === null) throw new Error(`it must return {${PARTS.join(', ')}}`);
  const faults = faultsOf(plugin);
  if (faults.length > 0) throw new Error(faults.join('; '));
  return plugin;
}

function faultsOf(plugin: Plugin): string[] {
  const faults = unknownIn(plugin, PARTS, '');
  const { nodeTypes = [], triggerTypes = [], hooks = {} } = plugin;
  for (const [part, base, all] of [
    ['nodeTypes', nodes.NodeType, nodeTypes],
    ['triggerTypes', triggers.BaseTrigger, triggerTypes],
  ] as const) {
    if (!Array.isArray(all)) faults.push(`${part} must be a list`);
    else if (!all.every((one: unknown) => typeof one === 'function' && one.prototype instanceof base))
      faults.push(`${part} must be classes that extend ${base.name}`);
  }
  return [...faults, ...unknownIn(hooks, HOOK_NAMES, 'hooks.')];
}

function unknownIn(object: object, known: readonly string[], prefix: string): string[] {
  return Object.keys(object)
    .filter((name) => !known.includes(name))
    .map((name) => `${prefix}${name} is not known; there are ${known.join(', ')}`);
}

/** Rules of a config class for who writes without decorators: `rules(Config, { name: [Field('…'), IsString()] })`. */
function rules(config: { prototype: object }, byField: Readonly<Record<string, readonly PropertyDecorator[]>>): void {
  for (const [name, all] of Object.entries(byField)) for (const rule of all) rule(config.prototype, name);
}
