import { Injectable } from '@nestjs/common';
import { Database } from '../common/database/database.js';
import { parseDuration } from '../common/duration.js';

/** How long a workflow wants the history of its executions kept. */
export interface WorkflowRetention {
  readonly workflowId: string;
  readonly retentionMs: number;
}

/** The version in force decides; where none is deployed, the latest. Read once an hour: no index is worth it. */
const READ = /* sql */ `
SELECT w.id, v.definition->>'retention' AS retention
FROM workflow w
JOIN workflow_version v ON v.workflow_id = w.id AND v.version = coalesce(w.deployed_version, w.version)
WHERE v.definition->>'retention' IS NOT NULL
ORDER BY w.id`;

/** The `retention` of definitions. */
@Injectable()
export class WorkflowRetentions {
  constructor(private readonly database: Database) {}

  /** Of those that name one. */
  async read(): Promise<WorkflowRetention[]> {
    const rows = await this.database.query<{ id: string; retention: string }>(READ);
    return rows.flatMap(({ id, retention }) => {
      const retentionMs = parseDuration(retention);
      return retentionMs === null ? [] : [{ workflowId: id, retentionMs }];
    });
  }
}
