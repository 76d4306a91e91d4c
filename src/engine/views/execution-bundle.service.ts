import { Injectable } from '@nestjs/common';
import type { Caller } from '../../common/api/requires.js';
import { Clock } from '../../common/clock.js';
import { Database } from '../../common/database/database.js';
import { Redactor } from '../../common/logging/redactor.js';
import type { ExecutionBundleDto } from './execution.dto.js';
import { ExecutionQueries } from './execution-queries.service.js';
import { ExecutionRepository } from './execution.repository.js';
import { toLogLine, toStepExecution } from './execution.views.js';

const MOST_STEPS = 1_000;
const MOST_LINES = 5_000;
/** Characters of JSON that a single item may have; and all steps together, and all lines together. */
const LONGEST_ITEM = 64 * 1024;
const LONGEST_LIST = 4 * 1024 * 1024;
const OMITTED = '(left out: too long for a bundle)';

const DEFINITION = /* sql */ `
SELECT version, definition, created_at FROM workflow_version WHERE workflow_id = $1 AND version = $2`;
const OCCURRENCE = /* sql */ `
SELECT id, trigger_id, workflow_id, occurred_at, scheduled_for, dedup_key, outcome, reason_code, reason_detail,
  execution_id, payload, replay_of
FROM occurrence WHERE id = $1`;

/** All that support needs to know of an execution, in one document without secrets and of bounded size. */
@Injectable()
export class ExecutionBundle {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly repository: ExecutionRepository,
    private readonly database: Database,
    private readonly redactor: Redactor,
    private readonly clock: Clock,
  ) {}

  /** @throws ExecutionNotFoundError (404) */
  async of(id: string, caller: Caller): Promise<ExecutionBundleDto> {
    const execution = await this.queries.summary(id, caller);
    const [definition] = await this.database.query(DEFINITION, [execution.workflow_id, execution.version]);
    const steps = cut((await this.repository.steps(id, MOST_STEPS)).map(toStepExecution), MOST_STEPS);
    const logs = cut((await this.repository.logs(id, {}, MOST_LINES)).map(toLogLine), MOST_LINES);
    const occurrence =
      execution.occurrence_id === null ? [] : await this.database.query(OCCURRENCE, [execution.occurrence_id]);
    return this.redactor.value({
      generated_at: new Date(this.clock.now()).toISOString(),
      execution: shorten(execution),
      definition: definition === undefined ? null : plain(definition),
      steps: steps.items,
      logs: logs.items,
      occurrence: occurrence[0] === undefined ? null : shorten(plain(occurrence[0])),
      truncated: [...(steps.isCut ? ['steps'] : []), ...(logs.isCut ? ['logs'] : [])],
    }) as ExecutionBundleDto;
  }
}

/** As JSON has it: times as text. */
function plain(row: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(row)) as Record<string, unknown>;
}

/** The first items, as many as fit. */
function cut(items: readonly object[], most: number): { items: object[]; isCut: boolean } {
  const kept: object[] = [];
  let size = 0;
  for (const item of items.slice(0, most)) {
    const short = shorten(item);
    size += JSON.stringify(short).length;
    if (size > LONGEST_LIST) break;
    kept.push(short);
  }
  return { items: kept, isCut: kept.length < items.length };
}

/** An item that is too long loses its long fields, each with a word about it. */
function shorten(item: object): object {
  if (JSON.stringify(item).length <= LONGEST_ITEM) return item;
  const limit = LONGEST_ITEM / 8;
  const isLong = (value: unknown): boolean => value !== undefined && JSON.stringify(value).length > limit;
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, isLong(value) ? OMITTED : value]));
}
