import { Injectable } from '@nestjs/common';
import { templateReferences } from '../../definition/definition.js';
import {
  DEEPEST_TEMPLATES,
  NO_TEMPLATES,
  type StepTemplate,
  type StepTemplates,
} from '../../definition/templates/step-template.js';
import { NodeTemplateRepository } from './node-template.repository.js';

/** Fetches the step templates that a definition names, and those that they name. */
@Injectable()
export class UsedTemplates {
  constructor(private readonly repository: NodeTemplateRepository) {}

  async in(input: string | object): Promise<StepTemplates> {
    let wanted = templateReferences(input);
    if (wanted.length === 0) return NO_TEMPLATES;
    const found = new Map<string, StepTemplate>();
    const latest = new Map<string, number>();
    // One round for each level; what is nested deeper is refused by the reader.
    for (let depth = 0; depth <= DEEPEST_TEMPLATES && wanted.length > 0; depth += 1) {
      const rows = await this.repository.referenced(wanted);
      const fresh: StepTemplate[] = [];
      for (const { name, latest: newest, version, parameters, steps } of rows) {
        latest.set(name, newest);
        if (version === null || found.has(`${name}@${version}`)) continue;
        const template = { name, version, parameters, steps };
        found.set(`${name}@${version}`, template);
        fresh.push(template);
      }
      const next = fresh.flatMap(({ steps }) => templateReferences(steps));
      wanted = next.filter(({ name, version }) => !found.has(`${name}@${version}`));
    }
    return {
      find: (name, version) => found.get(`${name}@${version}`),
      latest: (name) => latest.get(name) ?? null,
    };
  }
}
