import { Injectable, Logger } from '@nestjs/common';
import type { Caller } from '../../common/api/requires.js';
import { Database } from '../../common/database/database.js';
import { AppError } from '../../common/errors/app-error.js';
import { FilterRequiredError } from '../engine.errors.js';
import { OPEN_STATUSES, RETRIED_STATUSES } from '../planner/state-tables.js';
import { KEY_TTL_MS } from '../start/idempotency-key.js';
import { answerCall, callKey, findCalls, takeCalls, type CallKey, type KeyedCall } from '../start/keyed-calls.js';
import type { BulkAnswerDto, BulkCancelDto, BulkDto, BulkFailureDto, BulkRetriedDto } from '../views/control.dto.js';
import { ExecutionQueries } from '../views/execution-queries.service.js';
import { CancelService } from './cancel.service.js';
import { RetryService } from './retry.service.js';

/** So many executions of one call are taken at once: each holds a connection of the pool for its transaction. */
const AT_ONCE = 4;

/** What a call has found. */
interface Taken {
  readonly ids: readonly string[];
  readonly missing: readonly BulkFailureDto[];
  readonly next_cursor: string | null;
}

/** One action on many executions, each in a transaction of its own: some may fail while others are done. */
@Injectable()
export class BulkService {
  private readonly logger = new Logger('BulkService');

  constructor(
    private readonly queries: ExecutionQueries,
    private readonly cancels: CancelService,
    private readonly retries: RetryService,
    private readonly database: Database,
  ) {}

  /** Takes open ones where neither `status` nor `ids` says otherwise; does not wait for their ends. */
  async cancel(body: BulkCancelDto, caller: Caller): Promise<BulkAnswerDto> {
    const found = await this.find(body, OPEN_STATUSES, caller);
    return await this.each(found, (id) => this.cancels.request(id, body.reason ?? null));
  }

  /**
   * Takes failed, timed out and cancelled ones where neither `status` nor `ids` says otherwise; retries in place. A call that
   * comes again with its key goes on with those that the first has found, and retries none of them twice.
   */
  async retry(body: BulkDto, caller: Caller, header: string | undefined): Promise<BulkRetriedDto> {
    const call = callKey('bulk/retry', caller.actor, header);
    if (call === null)
      return { ...(await this.retryAll(await this.retried(body, caller), caller, null)), duplicate: false };
    const known = await findCalls(this.database.pool, [call.key]);
    const first = known.get(call.key) ?? (await this.take(call, await this.retried(body, caller)));
    const duplicate = first.id !== call.id;
    if (first.answer !== null) return { ...(first.answer as BulkAnswerDto), duplicate };
    const answer = await this.retryAll(first.taken as Taken, caller, first.id);
    await answerCall(this.database.pool, first.id, answer);
    return { ...answer, duplicate };
  }

  private async take(call: CallKey, taken: Taken): Promise<KeyedCall> {
    const calls = await this.database.transaction((client) => takeCalls(client, [{ ...call, taken }]));
    return calls.get(call.key) ?? { ...call, taken, answer: null };
  }

  private async retried(body: BulkDto, caller: Caller): Promise<Taken> {
    return await this.find(body, RETRIED_STATUSES, caller);
  }

  /** @param callId of a call with a key: under it each of them is retried once. */
  private async retryAll(taken: Taken, { actor }: Caller, callId: string | null): Promise<BulkAnswerDto> {
    return await this.each(taken, (id) => {
      const key = callId === null ? null : { scope: id, key: `bulk:${callId}`, ttlMs: KEY_TTL_MS };
      return this.retries.retry(id, { actor, key });
    });
  }

  private async find(body: BulkDto, statuses: readonly string[], caller: Caller): Promise<Taken> {
    if (!namesSomething(body)) throw new FilterRequiredError();
    const status = body.status ?? (body.ids === undefined ? [...statuses] : undefined);
    const { items, next_cursor } = await this.queries.list({ ...body, status }, caller);
    const ids = items.map((item) => item.id);
    return {
      ids,
      next_cursor,
      missing: isByIdsAlone(body) && next_cursor === null ? missing(body.ids ?? [], ids) : [],
    };
  }

  private async each(taken: Taken, act: (id: string) => Promise<unknown>): Promise<BulkAnswerDto> {
    const { ids, next_cursor } = taken;
    const failures: BulkFailureDto[] = [];
    const left = [...ids];
    const work = async (): Promise<void> => {
      for (let id = left.shift(); id !== undefined; id = left.shift()) {
        const failure = await this.tryOne(id, act);
        if (failure !== null) failures.push(failure);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const failed = [...taken.missing, ...failures];
    return { matched: ids.length, done: ids.length - failures.length, failed, next_cursor };
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
