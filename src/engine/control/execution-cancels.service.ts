import { Injectable } from '@nestjs/common';
import { ExecutionNotFoundError, ExecutionStateError } from '../engine.errors.js';
import { ExecutionCancels } from '../execution-cancels.js';
import { CancelService } from './cancel.service.js';

@Injectable()
export class EngineCancels extends ExecutionCancels {
  constructor(private readonly cancels: CancelService) {
    super();
  }

  override async request(executionIds: readonly string[], reason: string): Promise<void> {
    for (const id of executionIds) await this.cancel(id, reason);
  }

  private async cancel(id: string, reason: string): Promise<void> {
    try {
      await this.cancels.request(id, reason);
    } catch (error) {
      // It has ended meanwhile: that is what was wanted.
      if (!(error instanceof ExecutionStateError || error instanceof ExecutionNotFoundError)) throw error;
    }
  }
}
