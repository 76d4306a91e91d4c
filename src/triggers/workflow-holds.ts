import { Injectable, type OnModuleInit } from '@nestjs/common';
import { WorkflowDirectory } from '../workflows/workflow-directory.js';
import { TriggerManager } from './trigger-manager.js';
import { TriggerRepository } from './trigger.repository.js';

/** While a workflow is paused, its triggers record occurrences as `skipped` and start nothing. */
@Injectable()
export class WorkflowHolds implements OnModuleInit {
  constructor(
    private readonly workflows: WorkflowDirectory,
    private readonly triggers: TriggerRepository,
    private readonly manager: TriggerManager,
  ) {}

  onModuleInit(): void {
    this.workflows.onStatusChange(async ({ id, status }) => {
      await this.triggers.setHeld(id, status === 'active' || status === 'draft' ? null : `workflow ${status}`);
      await this.manager.announce();
    });
  }
}
