import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../../common/api/requires.js';
import { AppError } from '../../common/errors/app-error.js';
import { FilterRequiredError } from '../engine.errors.js';
import { OPEN_STATUSES, RETRIED_STATUSES } from '../planner/state-tables.js';
import type { BulkAnswerDto, BulkCancelDto, BulkDto, BulkFailureDto } from '../views/control.dto.js';
import { ExecutionQueries } from '../views/execution-queries.service.js';
import { CancelService } from './cancel.service.js';
import { RetryService } from './retry.service.js';

/** So many executions of one call are taken at once: each holds a connection of the pool for its transaction. */
const AT_ONCE = 4;

/** One action on many executions, each in a transaction of its own: some may fail while others are done. */
@Injectable()
export class BulkService {
  private readonly logger = new Logger('BulkService');

  constructor(
    private readonly queries: ExecutionQueries,
    private readonly cancels: CancelService,
    private readonly retries: RetryService,
  ) {}

  /** Takes open ones where neither `status` nor `ids` says otherwise; does not wait for their ends. */
  async cancel(body: BulkCancelDto, caller: Caller): Promise<BulkAnswerDto> {
    return await this.each(body, OPEN_STATUSES, caller, (id) => this.cancels.request(id, body.reason ?? null));
  }

  /** Takes failed, timed out and cancelled ones where neither `status` nor `ids` says otherwise; retries in place. */
  async retry(body: BulkDto, caller: Caller): Promise<BulkAnswerDto> {
    return await this.each(body, RETRIED_STATUSES, caller, (id) =>
      this.retries.retry(id, { actor: caller.actor, key: null }),
    );
  }

  private async each(
    body: BulkDto,
    statuses: readonly string[],
    caller: Caller,
    act: (id: string) => Promise<unknown>,
  ): Promise<BulkAnswerDto> {
    if (!namesSomething(body)) throw new FilterRequiredError();
    const status = body.status ?? (body.ids === undefined ? [...statuses] : undefined);
    const { items, next_cursor } = await this.queries.list({ ...body, status }, caller);
    const ids = items.map((item) => item.id);
    const failed = isByIdsAlone(body) && next_cursor === null ? missing(body.ids ?? [], ids) : [];
    const left = [...ids];
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        const failure = await this.tryOne(id, act);
        if (failure !== null) failed.push(failure);
      }
    };
    const failedBefore = failed.length;
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return { matched: ids.length, done: ids.length - (failed.length - failedBefore), failed, next_cursor };
  }

  private async tryOne(id: string, act: (id: string) => Promise<unknown>): Promise<BulkFailureDto | null> {
    try {
      await act(id);
      return null;
    } catch (error) {
      if (error instanceof AppError) return { id, code: error.code, message: error.message };
      this.logger.error({ message: `execution ${id} in a bulk call`, err: error });
      return { id, code: 'internal', message: 'Something went wrong here; the log of the server says what.' };
    }
  }
}

const FILTERS = ['workflow_id', 'parent_id', 'status', 'trigger_id', 'trigger_type', 'from', 'to', 'q'] as const;

function namesSomething(body: BulkDto): boolean {
  return body.ids !== undefined || FILTERS.some((name) => body[name] !== undefined);
}

function isByIdsAlone(body: BulkDto): boolean {
  return body.cursor === undefined && !FILTERS.some((name) => body[name] !== undefined);
}

function missing(wanted: readonly string[], found: readonly string[]): BulkFailureDto[] {
  const known = new Set(found);
  return [...new Set(wanted)]
    .filter((id) => !known.has(id.toLowerCase()))
    .map((id) => ({ id, code: 'execution_not_found', message: `There is no execution ${id}.` }));
}
