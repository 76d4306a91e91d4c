import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import type { Plain } from '../common/plain.js';
import type { StepDefinition } from '../definition/definition.types.js';
import { stepIdOf } from './slug.js';
import type { TaskBody, TaskChange } from './workflow.dto.js';
import { TaskNotFoundError } from './workflows.errors.js';
import { WorkflowsService } from './workflows.service.js';

type Step = StepDefinition;

/** Edits single steps of the latest definition; each edit is a new version. */
@Injectable()
export class WorkflowTasksService {
  constructor(private readonly workflows: WorkflowsService) {}

  async list(idOrSlug: string, caller: Caller): Promise<Step[]> {
    return (await this.workflows.visible(idOrSlug, caller)).definition.steps;
  }

  async get(idOrSlug: string, stepId: string, caller: Caller): Promise<Step> {
    const step = (await this.list(idOrSlug, caller)).find((item) => item.id === stepId);
    if (step === undefined) throw new TaskNotFoundError(idOrSlug, stepId);
    return step;
  }

  async append(
    idOrSlug: string,
    task: Plain<TaskBody>,
    ifMatch: readonly number[] | null,
    caller: Caller,
  ): Promise<Step> {
    let id = task.id ?? '';
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      id = task.id ?? freeId(stepIdOf(task.name), steps);
      return [...steps, { id, type: task.task_type, ...stepOf(task) }];
    });
    return this.get(idOrSlug, id, caller);
  }

  async replace(
    idOrSlug: string,
    stepId: string,
    task: Plain<TaskChange>,
    ifMatch: readonly number[] | null,
    caller: Caller,
  ): Promise<Step> {
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      if (!steps.some((step) => step.id === stepId)) throw new TaskNotFoundError(idOrSlug, stepId);
      return steps.map((step) => (step.id === stepId ? { ...step, ...stepOf(task) } : step));
    });
    return this.get(idOrSlug, stepId, caller);
  }

  /** Steps that name the removed one in `depends_on` are a fault of the new definition (422). */
  async remove(idOrSlug: string, stepId: string, ifMatch: readonly number[] | null, caller: Caller): Promise<void> {
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      if (!steps.some((step) => step.id === stepId)) throw new TaskNotFoundError(idOrSlug, stepId);
      return steps.filter((step) => step.id !== stepId);
    });
  }

  private edit(idOrSlug: string, ifMatch: readonly number[] | null, caller: Caller, edit: (steps: Step[]) => Step[]) {
    return this.workflows.editDefinition(idOrSlug, ifMatch, caller, (definition) => {
      return { ...definition, steps: edit(definition.steps) };
    });
  }
}

function stepOf({ name, task_type, config, depends_on }: Plain<TaskChange>): Partial<Step> {
  return {
    ...(name !== undefined && { name }),
    ...(task_type !== undefined && { type: task_type }),
    ...(config !== undefined && { config }),
    ...(depends_on !== undefined && { depends_on }),
  };
}

function freeId(base: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((step) => step.id));
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(id)) return id;
  }
}
