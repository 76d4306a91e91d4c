import { Injectable } from '@nestjs/common';
import type { SqlClient } from '../common/database/database.js';
import { WorkflowDirectory } from '../workflows/workflow-directory.js';
import type { PublicRoute } from './trigger.contract.js';
import type { TriggerRow } from './trigger.row.js';
import { RouteTakenError } from './triggers.errors.js';

const INSERT = `
INSERT INTO webhook_route (method, shape, path, trigger_id)
SELECT method, shape, path, $4 FROM unnest($1::text[], $2::text[], $3::text[]) AS r(method, shape, path)
ORDER BY method, shape
ON CONFLICT (method, shape) DO NOTHING`;

const OWNER = `
SELECT r.method, r.path, t.workflow_id FROM webhook_route r JOIN trigger t ON t.id = r.trigger_id
WHERE (r.method, r.shape) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND r.trigger_id <> $3 LIMIT 1`;

/** Who listens where. The primary key decides between two deployments. */
@Injectable()
export class WebhookRoutes {
  constructor(private readonly workflows: WorkflowDirectory) {}

  /** @throws RouteTakenError 409, naming the workflow that has the route */
  async replace(client: SqlClient, trigger: TriggerRow, routes: readonly PublicRoute[]): Promise<void> {
    await this.remove(client, [trigger.id]);
    if (routes.length === 0) return;
    const methods = routes.map(({ method }) => method);
    const shapes = routes.map(({ shape }) => shape);
    const { rowCount } = await client.query(INSERT, [methods, shapes, routes.map(({ path }) => path), trigger.id]);
    if (rowCount === routes.length) return;
    const { rows } = await client.query<{ method: string; path: string; workflow_id: string }>(OWNER, [
      methods,
      shapes,
      trigger.id,
    ]);
    const owner = rows[0];
    const workflow = await this.workflows.get(owner?.workflow_id ?? trigger.workflow_id);
    throw new RouteTakenError(owner?.method ?? methods[0] ?? '', `/webhook/${owner?.path ?? ''}`, workflow);
  }

  async remove(client: SqlClient, triggerIds: readonly string[]): Promise<void> {
    await client.query(`DELETE FROM webhook_route WHERE trigger_id = ANY($1)`, [triggerIds]);
  }
}
