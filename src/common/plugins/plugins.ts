import type { Hooks } from './hooks.js';

/** A class of a plugin; the registry of its kind checks what it makes. */
export type PluginClass = new (service: never) => object;

/** What the packages and files of MILLRACE_PLUGINS bring. */
export class Plugins {
  constructor(
    readonly nodeTypes: readonly PluginClass[] = [],
    readonly triggerTypes: readonly PluginClass[] = [],
    /** null: nobody listens, and nothing is told. */
    readonly hooks: Hooks | null = null,
  ) {}
}
