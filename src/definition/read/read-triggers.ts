import { didYouMean } from '../did-you-mean.js';
import type { TriggerDefinition } from '../definition.types.js';
import { isPlainObject } from '../expressions/values.js';
import type { Faults } from '../faults.js';
import { snakeCase, type Path } from '../parse/source.js';
import type { TriggerTypeDescription, TypeCatalogue } from '../type-catalogue.js';
import { type Field, map, readFields, requiredText, text, wrongType } from './fields.js';
import { position, triggerCommon } from './policies.js';
import { renameToSchema, schemaFields } from './read-step.js';

const TRIGGER_FIELDS: Readonly<Record<string, Field>> = {
  type: requiredText(100),
  name: requiredText(200),
  description: text(10_000),
  config: map,
  ...triggerCommon,
  notes: text(10_000),
  position,
};

export interface ReadTrigger {
  readonly definition: TriggerDefinition;
  readonly path: Path;
  readonly type: TriggerTypeDescription | undefined;
}

export function readTriggers(value: unknown, path: Path, catalogue: TypeCatalogue, faults: Faults): ReadTrigger[] {
  if (!Array.isArray(value)) {
    wrongType('a list of triggers', value, path, faults);
    return [];
  }
  const triggers = value.flatMap(
    (item: unknown, index) => readTrigger(item, [...path, index], catalogue, faults) ?? [],
  );
  nameTriggers(triggers, faults);
  return triggers;
}

function readTrigger(value: unknown, path: Path, catalogue: TypeCatalogue, faults: Faults): ReadTrigger | undefined {
  if (!isPlainObject(value)) {
    wrongType('a trigger', value, path, faults);
    return undefined;
  }
  const read = readFields(value, path, TRIGGER_FIELDS, 'A trigger', faults);
  const name = read['type'];
  if (typeof name !== 'string') {
    if (value['type'] === undefined || value['type'] === null) {
      faults.error('field_required', [...path, 'type'], 'A trigger needs "type".', {
        hint: 'For example type: cron, webhook, manual.',
      });
    }
    return undefined;
  }
  const type = catalogue.triggerType(name);
  if (!type) {
    const known = catalogue.triggerTypes().flatMap((candidate) => [candidate.type, ...candidate.aliases]);
    const hint = didYouMean(name, known) ?? `Known are: ${known.join(', ')}.`;
    faults.error('trigger_type_unknown', [...path, 'type'], `There is no trigger type "${name}".`, { hint });
  } else {
    read['type'] = type.type;
    takeCommonFields(read, type, path, faults);
  }
  return { definition: read as unknown as TriggerDefinition, path, type };
}

/** What every type takes (`filter`, `dedup`, …) may also stand in its config, unless the type has a field of that name. */
function takeCommonFields(
  read: Record<string, unknown>,
  type: TriggerTypeDescription,
  path: Path,
  faults: Faults,
): void {
  if (!isPlainObject(read['config'])) return;
  const own = schemaFields(type);
  const config = renameToSchema(read['config'], type);
  for (const key of Object.keys(config)) {
    const name = snakeCase(key);
    if (!Object.hasOwn(triggerCommon, name) || Object.hasOwn(own, name) || name in read) continue;
    const field: Field = triggerCommon[name as keyof typeof triggerCommon];
    const normalised = field(config[key], [...path, 'config', key], faults);
    if (normalised !== undefined) read[name] = normalised;
    Reflect.deleteProperty(config, key);
  }
  read['config'] = config;
}

/** Unnamed ones become `<type>`, `<type>-2`, …; given names must differ. */
function nameTriggers(triggers: readonly ReadTrigger[], faults: Faults): void {
  const taken = new Set<string>();
  for (const { definition, path } of triggers) {
    const name = definition.name as string | undefined;
    if (name === undefined) continue;
    if (taken.has(name)) {
      const hint = 'Triggers are told apart by their names.';
      faults.error('trigger_name_duplicate', [...path, 'name'], `Two triggers are named "${name}".`, { hint });
    }
    taken.add(name);
  }
  for (const { definition } of triggers) {
    if ((definition.name as string | undefined) !== undefined) continue;
    let name = definition.type;
    for (let number = 2; taken.has(name); number += 1) name = `${definition.type}-${number}`;
    taken.add(name);
    definition.name = name;
  }
}
