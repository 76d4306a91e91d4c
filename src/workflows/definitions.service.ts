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
  constructor(private readonly catalogue: TypeCatalogue) {}

  /** Text is YAML or JSON. */
  read(input: string | Record<string, unknown>): ReadDefinition {
    return { ...parseDefinition(input, this.catalogue), source: typeof input === 'string' ? input : null };
  }

  /** @throws DefinitionInvalidError (422) with every fault */
  readValid(input: string | Record<string, unknown>): ValidDefinition {
    const read = this.read(input);
    const { definition, plan, errors } = read;
    if (errors.length > 0 || definition === null || plan === null) throw new DefinitionInvalidError(errors);
    return { ...read, definition, plan };
  }

  /** Compiles a stored definition, which was valid when it was stored. */
  compile(definition: Definition): Plan {
    return compilePlan(definition, this.catalogue);
  }
}
