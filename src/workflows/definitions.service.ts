import { Injectable } from '@nestjs/common';
import type { Fault } from '../common/errors/app-error.js';
import { compilePlan, parseDefinition } from '../definition/definition.js';
import type { Plan } from '../definition/plan.js';
import { TypeCatalogue } from '../definition/type-catalogue.js';
import { DefinitionInvalidError } from './workflows.errors.js';

/** A definition as its author gave it, and what came of reading it. */
export interface ReadDefinition {
  readonly definition: Record<string, unknown> | null;
  /** The author's text; null when it came as JSON. */
  readonly source: string | null;
  readonly plan: Plan | null;
  readonly errors: readonly Fault[];
  readonly warnings: readonly Fault[];
}

export interface ValidDefinition extends ReadDefinition {
  readonly definition: Record<string, unknown>;
  readonly plan: Plan;
}

/** Reads definitions against the types that exist here. */
@Injectable()
export class Definitions {
  constructor(private readonly catalogue: TypeCatalogue) {}

  read(input: string | Record<string, unknown>): ReadDefinition {
    const result =
      typeof input === 'string' ? parseDefinition(input, this.catalogue, 'yaml') : parseDefinition(input, this.catalogue);
    return {
      definition: result.definition as Record<string, unknown> | null,
      source: typeof input === 'string' ? input : null,
      plan: result.plan,
      errors: result.errors,
      warnings: result.warnings,
    };
  }

  /** @throws DefinitionInvalidError (422) with every fault */
  readValid(input: string | Record<string, unknown>): ValidDefinition {
    const read = this.read(input);
    if (read.errors.length > 0 || read.definition === null || read.plan === null) {
      throw new DefinitionInvalidError(read.errors);
    }
    return { ...read, definition: read.definition, plan: read.plan };
  }

  /** Compiles a stored definition, which was valid when it was stored. */
  compile(definition: Record<string, unknown>): Plan {
    return compilePlan(definition, this.catalogue);
  }
}
