import { Injectable } from '@nestjs/common';
import { Database } from '../../common/database/database.js';
import { idBounds, idTime } from '../../common/ids.js';
import { STEP_COLUMNS, type StepExecutionRow } from '../views/execution.row.js';

/** Characters of JSON up to which an event carries an input or an output. */
const SHOWN = 8_192;
const PAGE = 200;

export interface ChangedStep extends StepExecutionRow, Record<string, unknown> {
  readonly change: number;
  readonly omitted: readonly string[];
}

const COLUMNS = STEP_COLUMNS.replace('input, output', `shorten(input), shorten(output)`).replaceAll(
  /shorten\((\w+)\)/g,
  `CASE WHEN length($1::text) <= ${SHOWN} THEN $1 END AS $1`,
);

/** Index: step_execution_execution; those that share a number (from before there were numbers) come together. */
const CHANGED = /* sql */ `
SELECT ${COLUMNS}, change, array_remove(ARRAY[
  CASE WHEN length(input::text) > ${SHOWN} THEN 'input' END,
  CASE WHEN output_size IS NOT NULL OR length(output::text) > ${SHOWN} THEN 'output' END], NULL) AS omitted
FROM step_execution
WHERE execution_id = $1 AND id > $2 AND id <= $3 AND change > $4
ORDER BY change FETCH FIRST ${PAGE} ROWS WITH TIES`;

/** What has changed since a position, in the order in which it was committed. */
@Injectable()
export class ChangesRepository {
  constructor(private readonly database: Database) {}

  /** Some of the steps whose `change` is above `after`; none when there are no more. */
  async steps(executionId: string, after: number): Promise<ChangedStep[]> {
    const { lowest, highest } = idBounds(idTime(executionId));
    return await this.database.query<ChangedStep>(CHANGED, [executionId, lowest, highest, after]);
  }
}
