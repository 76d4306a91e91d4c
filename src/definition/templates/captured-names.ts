import type { References } from '../expressions/references.js';
import { isPlainObject } from '../expressions/values.js';

/**
 * Names that the steps of a template give a meaning of their own: an expression that is handed in from outside would
 * read something else by them than where it was written.
 */
export class CapturedNames {
  private readonly ids = new Set<string>();
  private readonly names = new Set<string>();

  constructor(steps: readonly unknown[]) {
    this.collect(steps);
  }

  /** The first that an expression reads, as it is written; null: none. */
  in(references: References): string | null {
    for (const id of references.steps) if (this.ids.has(id)) return `steps.${id}`;
    for (const name of references.names) if (this.names.has(name)) return name;
    return null;
  }

  private collect(value: unknown): void {
    if (Array.isArray(value)) for (const item of value as unknown[]) this.collect(item);
    if (!isPlainObject(value)) return;
    const { id, type, template, item_variable: variable, itemVariable = variable } = value;
    // A template in the template brings names of its own, which are seen when that one is opened.
    if (typeof id === 'string' && (type !== undefined || template !== undefined)) this.ids.add(id);
    if (type === 'loop') for (const name of ['item', 'index']) this.names.add(name);
    if (typeof itemVariable === 'string') this.names.add(itemVariable);
    for (const item of Object.values(value)) this.collect(item);
  }
}
