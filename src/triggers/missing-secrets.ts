import { Injectable } from '@nestjs/common';
import type { Plan } from '../definition/plan.js';
import { requiredSecrets } from '../definition/required-secrets.js';
import { SecretStore } from '../secrets/secret-store.js';

/** Secrets that a plan names and that nobody has set; one whose name is computed cannot be known before it runs. */
@Injectable()
export class MissingSecrets {
  constructor(private readonly secrets: SecretStore) {}

  async of(plan: Plan): Promise<string[]> {
    const wanted = requiredSecrets(plan);
    if (wanted.length === 0) return [];
    const there = new Set(await this.secrets.names());
    return wanted.filter((name) => !there.has(name));
  }
}
