import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { Database } from '../common/database/database.js';
import { idTime } from '../common/ids.js';
import type { StatisticsQuery } from '../common/statistics/statistics.dto.js';
import { StatisticsReader } from '../common/statistics/statistics.reader.js';
import { WorkflowDirectory } from './workflow-directory.js';

/** Index: workflow_counter's primary key. */
const LAST = /* sql */ `
SELECT max(last_executed) AS last_executed,
       (array_agg(last_status ORDER BY last_executed DESC NULLS LAST))[1] AS last_status
FROM workflow_counter WHERE workflow_id = $1`;

/** Index: execution_open. */
const ACTIVE = /* sql */ `SELECT count(*)::int AS active FROM execution WHERE workflow_id = $1 AND is_open AND pass IS NULL`;

interface Last extends Record<string, unknown> {
  last_executed: Date | null;
  last_status: string | null;
}

/** What became of a workflow's executions. */
@Injectable()
export class WorkflowStatistics {
  constructor(
    private readonly directory: WorkflowDirectory,
    private readonly database: Database,
    private readonly reader: StatisticsReader,
  ) {}

  async status(idOrSlug: string, caller: Caller) {
    const { id, status, version, deployedVersion } = await this.directory.get(idOrSlug, caller);
    const { last_executed: at, last_status } = await this.last(id);
    const [executions] = await this.database.query<{ active: number }>(ACTIVE, [id]);
    return {
      id,
      workflow_id: id,
      status,
      version,
      is_deployed: deployedVersion !== null,
      deployed_version: deployedVersion,
      active_executions: executions?.active ?? 0,
      last_execution: at === null ? null : { status: last_status, at },
    };
  }

  /** @throws AppError 422 `range_invalid` */
  async statistics(idOrSlug: string, query: StatisticsQuery, caller: Caller) {
    const { id } = await this.directory.get(idOrSlug, caller);
    const [statistics, last] = await Promise.all([this.reader.ofWorkflow(id, idTime(id), query), this.last(id)]);
    return { workflow_id: id, ...statistics, ...last };
  }

  private async last(id: string): Promise<Last> {
    const [last] = await this.database.query<Last>(LAST, [id]);
    return last ?? { last_executed: null, last_status: null };
  }
}
