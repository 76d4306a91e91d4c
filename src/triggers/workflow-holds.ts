import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WorkflowDirectory, type WorkflowStatus } from '../workflows/workflow-directory.js';
import { TriggerArming } from './trigger-arming.js';
import { TriggerManager } from './trigger-manager.js';
import { TriggerRepository } from './trigger.repository.js';

/** Why a workflow in this state holds its triggers; null: it does not. */
export function heldBy(status: WorkflowStatus): string | null {
  return status === 'active' || status === 'draft' ? null : `workflow ${status}`;
}

/** While a workflow is paused, its triggers record occurrences as `skipped` and start nothing. */
@Injectable()
export class WorkflowHolds implements OnModuleInit {
  constructor(
    private readonly workflows: WorkflowDirectory,
    private readonly triggers: TriggerRepository,
    private readonly arming: TriggerArming,
    private readonly manager: TriggerManager,
  ) {}

  onModuleInit(): void {
    this.workflows.onStatusChange(async (client, { id }, to) => {
      const rows = await this.triggers.ofWorkflow(id, client);
      await this.arming.quiet(
        client,
        rows.map((row) => row.id),
      );
      await this.triggers.setHeld(client, id, heldBy(to));
      return () => this.manager.announce();
    });
  }
}
