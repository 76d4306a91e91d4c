import { Injectable } from '@nestjs/common';
import { BaseTrigger } from '../../trigger.contract.js';
import { ManualConfig } from './manual.dto.js';

/** Started by people: `POST /triggers/workflows/{id}/manual` (manual.service.ts). */
@Injectable()
export class ManualTrigger extends BaseTrigger<ManualConfig> {
  override readonly type = 'manual';
  override readonly title = 'By hand';
  override readonly description = 'Starts when somebody asks for it, with a confirmation where that is required.';
  override readonly config = ManualConfig;

  override needsConfirmation(config: ManualConfig): boolean {
    return config.require_confirmation;
  }

  override defaultInput(payload: unknown): unknown {
    return (payload as { input?: unknown } | null)?.input ?? {};
  }
}
