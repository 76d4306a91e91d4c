import { Injectable } from '@nestjs/common';
import {
  compilePlan,
  type Definition,
  DefinitionInvalidError,
  type ParsedDefinition,
  parseDefinition,
} from '../definition/definition.js';
import type { Plan } from '../definition/plan.js';
import { TypeCatalogue } from '../definition/type-catalogue.js';
import { DefinitionTexts } from './definition-texts.js';

/** What came of reading a definition; `source` is the author's text, null when it came as JSON. */
export interface ReadDefinition extends ParsedDefinition {
  readonly source: string | null;
}

export interface ValidDefinition extends ReadDefinition {
  readonly definition: Definition;
  readonly plan: Plan;
}

/** Reads definitions against the types that exist here. */
@Injectable()
export class Definitions {
  constructor(
    private readonly catalogue: TypeCatalogue,
    private readonly texts: DefinitionTexts,
  ) {}

  /** Text is YAML or JSON; a large one is read in a thread of its own. */
  async read(input: string | Record<string, unknown>): Promise<ReadDefinition> {
    if (typeof input !== 'string') return this.readObject(input);
    const text = await this.texts.read(input);
    return { ...parseDefinition(input, this.catalogue, undefined, text), source: input };
  }

  /** @throws DefinitionInvalidError (422) with every fault */
  async readValid(input: string | Record<string, unknown>): Promise<ValidDefinition> {
    return valid(await this.read(input));
  }

  /** @throws DefinitionInvalidError (422) with every fault */
  readValidObject(input: Record<string, unknown>): ValidDefinition {
    return valid(this.readObject(input));
  }

  private readObject(input: Record<string, unknown>): ReadDefinition {
    return { ...parseDefinition(input, this.catalogue), source: null };
  }
  /** Compiles a stored definition, which was valid when it was stored. */
  compile(definition: Definition): Plan {
    return compilePlan(definition, this.catalogue);
  }
}

function valid(read: ReadDefinition): ValidDefinition {
  const { definition, plan, errors } = read;
  if (errors.length > 0 || definition === null || plan === null) throw new DefinitionInvalidError(errors);
  return { ...read, definition, plan };
}
