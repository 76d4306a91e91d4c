import type { Fault } from '../common/errors/app-error.js';
import { readDto, type Checked } from '../common/validation/dto-check.js';
import { dtoSchema } from '../common/validation/dto-schema.js';
import type { TriggerTypeDescription } from '../definition/type-catalogue.js';
import type { BaseTrigger } from './trigger.contract.js';

const NAME = /^[a-z][a-z0-9_]*$/;

/** The trigger types of this process. A duplicate or a missing part stops the start. */
export class TriggerRegistry {
  private readonly byName = new Map<string, BaseTrigger>();
  private readonly described: readonly TriggerTypeDescription[];

  constructor(readonly types: readonly BaseTrigger[]) {
    for (const type of types) {
      refuseHoles(type);
      for (const name of [type.type, ...type.aliases]) this.add(name, type);
    }
    this.described = types.map((type) => this.describe(type));
  }

  /** By type or alias. */
  find(name: string): BaseTrigger | undefined {
    return this.byName.get(name);
  }

  /** A type that the registry held when the trigger was stored. */
  get(name: string): BaseTrigger {
    const type = this.byName.get(name);
    if (type === undefined) throw new Error(`there is no trigger type ${name} in this process`);
    return type;
  }

  triggerType(name: string): TriggerTypeDescription | undefined {
    const type = this.byName.get(name)?.type;
    return this.described.find((one) => one.type === type);
  }

  triggerTypes(): readonly TriggerTypeDescription[] {
    return this.described;
  }

  /** The config's DTO and all its faults, the type's own rules included. */
  read(type: BaseTrigger, config: unknown): Checked<object> {
    const checked = readDto(type.config, config ?? {});
    return checked.faults.length > 0 ? checked : { ...checked, faults: type.validate(checked.value) };
  }

  private add(name: string, type: BaseTrigger): void {
    if (this.byName.has(name)) throw new Error(`two trigger types are named ${name}`);
    this.byName.set(name, type);
  }

  private describe(type: BaseTrigger): TriggerTypeDescription {
    return {
      type: type.type,
      aliases: type.aliases,
      title: type.title,
      description: type.description,
      check: (config): readonly Fault[] => this.read(type, config).faults,
      schema: dtoSchema(type.config),
    };
  }
}

function refuseHoles(type: BaseTrigger): void {
  const owner = type.constructor.name;
  if (![type.type, ...type.aliases].every((name) => NAME.test(name)))
    throw new Error(`${owner}: a type's name is snake_case`);
  if (type.title === '' || type.description === '') throw new Error(`${owner}: title and description are missing`);
  if (type.isReceiver && !type.isResident) throw new Error(`${owner}: what receives deliveries is resident`);
}
