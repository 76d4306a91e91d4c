import { Injectable } from '@nestjs/common';
import {
  compilePlan,
  type Definition,
  DefinitionInvalidError,
  type ParsedDefinition,
  parseDefinition,
} from '../definition/definition.js';
import type { ReadText } from '../definition/parse/parse-source.js';
import type { Plan } from '../definition/plan.js';
import { TypeCatalogue } from '../definition/type-catalogue.js';
import { DefinitionTexts } from './definition-texts.js';
import { UsedTemplates } from './templates/used-templates.js';

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
    private readonly templates: UsedTemplates,
  ) {}

  /** Text is YAML or JSON; a large one is read in a thread of its own. Step templates that it names are put in place. */
  async read(input: string | Record<string, unknown>): Promise<ReadDefinition> {
    const text = typeof input === 'string' ? await this.texts.read(input) : undefined;
    const templates = await this.templates.in(typeof input === 'string' ? contentOf(text) : input);
    const read = parseDefinition(input, this.catalogue, undefined, templates, text);
    return { ...read, source: typeof input === 'string' ? input : null };
  }

  /** @throws DefinitionInvalidError (422) with every fault */
  async readValid(input: string | Record<string, unknown>): Promise<ValidDefinition> {
    const read = await this.read(input);
    const { definition, plan, errors } = read;
    if (errors.length > 0 || definition === null || plan === null) throw new DefinitionInvalidError(errors);
    return { ...read, definition, plan };
  }

  /** Compiles a stored definition, which was valid when it was stored. */
  compile(definition: Definition): Plan {
    return compilePlan(definition, this.catalogue);
  }
}

function contentOf(text: ReadText | undefined): object {
  const value = text?.root?.value;
  return typeof value === 'object' && value !== null ? value : {};
}
