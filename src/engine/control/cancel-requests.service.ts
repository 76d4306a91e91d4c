import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/api/requires.js';
import type { ExecutionDto } from '../views/execution.dto.js';
import { ExecutionQueries } from '../views/execution-queries.service.js';
import { CancelService } from './cancel.service.js';

/** Cancels by clients: only what the caller may see. */
@Injectable()
export class CancelRequests {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly cancels: CancelService,
  ) {}

  /** @throws ExecutionNotFoundError 404, ExecutionStateError 409 */
  async cancel(id: string, reason: string | undefined, caller: Caller): Promise<ExecutionDto> {
    await this.queries.summary(id, caller);
    await this.cancels.cancel(id, reason ?? null);
    return await this.queries.get(id);
  }
}
