import type { Definition, StepDefinition } from '../definition/definition.types.js';

export interface Change {
  /** Where, dotted: `steps.fetch.config.url`. Steps and triggers are named by their id or name. */
  path: string;
  kind: 'added' | 'removed' | 'changed';
  from: unknown;
  to: unknown;
}

export interface DefinitionDiff {
  steps: { added: string[]; removed: string[]; changed: string[] };
  changes: Change[];
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The name by which an item of a list is known, so that moving a step is not a change of all that follow it. */
function keyOf(item: unknown): string | undefined {
  if (!isFields(item)) return undefined;
  return typeof item['id'] === 'string' ? item['id'] : typeof item['name'] === 'string' ? item['name'] : undefined;
}

function keyed(list: readonly unknown[]): Fields | undefined {
  const entries = list.map((item) => [keyOf(item), item] as const);
  if (entries.some(([key]) => key === undefined)) return undefined;
  if (new Set(entries.map(([key]) => key)).size !== list.length) return undefined;
  return Object.fromEntries(entries) as Fields;
}

function asFields(value: unknown): Fields | undefined {
  if (Array.isArray(value)) return value.length === 0 ? {} : keyed(value);
  return isFields(value) ? value : undefined;
}

function collect(path: string, from: unknown, to: unknown, changes: Change[]): void {
  if (JSON.stringify(from) === JSON.stringify(to)) return;
  const before = asFields(from);
  const after = asFields(to);
  if (before === undefined || after === undefined || Array.isArray(from) !== Array.isArray(to)) {
    const kind = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed';
    changes.push({ path, kind, from: from ?? null, to: to ?? null });
    return;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    collect(path === '' ? key : `${path}.${key}`, before[key], after[key], changes);
  }
  collectOrder(path, from, to, changes);
}

/** The order of steps has a meaning of its own: a step without `depends_on` follows the one before it. */
function collectOrder(path: string, from: unknown, to: unknown, changes: Change[]): void {
  if (!Array.isArray(from) || !Array.isArray(to)) return;
  const kept = (list: readonly unknown[], other: readonly unknown[]) => {
    const names = new Set(other.map(keyOf));
    return list.map(keyOf).filter((key) => names.has(key));
  };
  const before = kept(from, to);
  const after = kept(to, from);
  if (before.join('\n') !== after.join('\n'))
    changes.push({ path: `${path}.$order`, kind: 'changed', from: before, to: after });
}

function stepsById({ steps }: Definition): Map<string, StepDefinition> {
  return new Map(steps.map((step) => [step.id, step]));
}

/** What changed between two definitions, down to the single values. */
export function diffDefinitions(from: Definition, to: Definition): DefinitionDiff {
  const changes: Change[] = [];
  collect('', from, to, changes);
  const before = stepsById(from);
  const after = stepsById(to);
  return {
    steps: {
      added: [...after.keys()].filter((id) => !before.has(id)),
      removed: [...before.keys()].filter((id) => !after.has(id)),
      changed: [...after]
        .filter(([id, step]) => before.has(id) && JSON.stringify(before.get(id)) !== JSON.stringify(step))
        .map(([id]) => id),
    },
    changes,
  };
}
