import { Injectable } from '@nestjs/common';
import { Database } from '../common/database/database.js';
import type { Caller } from '../common/api/requires.js';
import { WorkflowDirectory } from './workflow-directory.js';
import { successRate } from './workflow-view.js';

/** Durations are looked up in this many of the latest executions; counts are exact, from the counters. */
const SAMPLE = 1_000;

/** Index: workflow_counter's primary key. */
const COUNTS = /* sql */ `
SELECT coalesce(sum(completed), 0)::float8 AS completed, coalesce(sum(failed), 0)::float8 AS failed,
       coalesce(sum(timed_out), 0)::float8 AS timed_out, coalesce(sum(cancelled), 0)::float8 AS cancelled,
       coalesce(sum(duration_ms), 0)::float8 AS duration_ms,
       max(last_executed) AS last_executed,
       (array_agg(last_status ORDER BY last_executed DESC NULLS LAST))[1] AS last_status
FROM workflow_counter WHERE workflow_id = $1`;

/** Index: execution_workflow. */
const PERCENTILES = /* sql */ `
SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) AS ms
FROM (
  SELECT extract(epoch FROM end_time - coalesce(start_time, queued_at)) * 1000 AS ms
  FROM execution WHERE workflow_id = $1 AND end_time IS NOT NULL AND pass IS NULL AND trigger_type <> 'test'
  ORDER BY id DESC LIMIT $2
) latest`;

/** Index: execution_open. */
const ACTIVE = /* sql */ `SELECT count(*)::int AS active FROM execution WHERE workflow_id = $1 AND is_open AND pass IS NULL`;

interface Counts {
  completed: number;
  failed: number;
  timed_out: number;
  cancelled: number;
  duration_ms: number;
  last_executed: Date | null;
  last_status: string | null;
}

/** What became of a workflow's executions. */
@Injectable()
export class WorkflowStatistics {
  constructor(
    private readonly directory: WorkflowDirectory,
    private readonly database: Database,
  ) {}

  async status(idOrSlug: string, caller: Caller) {
    const { id, status, version, deployedVersion } = await this.directory.get(idOrSlug, caller);
    const counts = await this.counts(id);
    const [executions] = await this.database.query<{ active: number }>(ACTIVE, [id]);
    return {
      id,
      workflow_id: id,
      status,
      version,
      is_deployed: deployedVersion !== null,
      deployed_version: deployedVersion,
      active_executions: executions?.active ?? 0,
      last_execution: counts.last_executed === null ? null : { status: counts.last_status, at: counts.last_executed },
    };
  }

  async statistics(idOrSlug: string, caller: Caller) {
    const { id } = await this.directory.get(idOrSlug, caller);
    const counts = await this.counts(id);
    const [sample] = await this.database.query<{ ms: (number | null)[] | null }>(PERCENTILES, [id, SAMPLE]);
    const [p50 = null, p95 = null, p99 = null] = sample?.ms ?? [];
    const failed = counts.failed + counts.timed_out;
    const executions = counts.completed + failed + counts.cancelled;
    return {
      workflow_id: id,
      totals: {
        executions,
        completed: counts.completed,
        failed: counts.failed,
        timed_out: counts.timed_out,
        cancelled: counts.cancelled,
        success_rate: successRate(counts.completed, failed),
        mean_ms: executions === 0 ? null : counts.duration_ms / executions,
        p50_ms: p50,
        p95_ms: p95,
        p99_ms: p99,
      },
      last_executed: counts.last_executed,
      last_status: counts.last_status,
    };
  }

  private async counts(id: string): Promise<Counts> {
    const [counts] = await this.database.query<Counts>(COUNTS, [id]);
    return (
      counts ?? {
        completed: 0,
        failed: 0,
        timed_out: 0,
        cancelled: 0,
        duration_ms: 0,
        last_executed: null,
        last_status: null,
      }
    );
  }
}
