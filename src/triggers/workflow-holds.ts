import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WorkflowDirectory, type WorkflowStatus } from '../workflows/workflow-directory.js';
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
    private readonly manager: TriggerManager,
  ) {}

  onModuleInit(): void {
    this.workflows.onStatusChange(async (client, { id }, to) => {
      await this.triggers.setHeld(client, id, heldBy(to));
      return () => this.manager.announce();
    });
  }
}
