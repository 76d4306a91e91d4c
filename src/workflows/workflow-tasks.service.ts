import { Injectable } from '@nestjs/common';
import type { Caller } from '../common/api/requires.js';
import { stepIdOf } from './slug.js';
import type { TaskBody, TaskChange } from './workflow.dto.js';
import { stepsOf } from './workflow-view.js';
import { TaskNotFoundError, TasksUnsupportedError } from './workflows.errors.js';
import { WorkflowsService } from './workflows.service.js';

type Step = Record<string, unknown>;

/** Edits single steps of the latest definition; each edit is a new version. */
@Injectable()
export class WorkflowTasksService {
  constructor(private readonly workflows: WorkflowsService) {}

  async list(idOrSlug: string, caller: Caller): Promise<Step[]> {
    return stepsOf((await this.workflows.visible(idOrSlug, caller)).definition);
  }

  async get(idOrSlug: string, stepId: string, caller: Caller): Promise<Step> {
    const step = (await this.list(idOrSlug, caller)).find((item) => item['id'] === stepId);
    if (step === undefined) throw new TaskNotFoundError(idOrSlug, stepId);
    return step;
  }

  async append(idOrSlug: string, task: TaskBody, ifMatch: readonly number[] | null, caller: Caller): Promise<Step> {
    let id = task.id ?? '';
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      id = task.id ?? freeId(stepIdOf(task.name), steps);
      return [...steps, { id, ...stepOf(task) }];
    });
    return this.get(idOrSlug, id, caller);
  }

  async replace(idOrSlug: string, stepId: string, task: TaskChange, ifMatch: readonly number[] | null, caller: Caller): Promise<Step> {
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      if (!steps.some((step) => step['id'] === stepId)) throw new TaskNotFoundError(idOrSlug, stepId);
      return steps.map((step) => (step['id'] === stepId ? { ...step, ...stepOf(task) } : step));
    });
    return this.get(idOrSlug, stepId, caller);
  }

  /** Steps that name the removed one in `depends_on` are a fault of the new definition (422). */
  async remove(idOrSlug: string, stepId: string, ifMatch: readonly number[] | null, caller: Caller): Promise<void> {
    await this.edit(idOrSlug, ifMatch, caller, (steps) => {
      if (!steps.some((step) => step['id'] === stepId)) throw new TaskNotFoundError(idOrSlug, stepId);
      return steps.filter((step) => step['id'] !== stepId);
    });
  }

  private edit(idOrSlug: string, ifMatch: readonly number[] | null, caller: Caller, edit: (steps: Step[]) => Step[]) {
    return this.workflows.editDefinition(idOrSlug, ifMatch, caller, (definition) => {
      if (definition['nodes'] !== undefined) throw new TasksUnsupportedError();
      return { ...definition, steps: edit(stepsOf(definition)) };
    });
  }
}

function stepOf({ name, task_type, config, depends_on }: TaskChange): Step {
  const step = { name, type: task_type, config, depends_on };
  return Object.fromEntries(Object.entries(step).filter(([, value]) => value !== undefined));
}

function freeId(base: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((step) => step['id']));
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}_${n}`;
    if (!taken.has(id)) return id;
  }
}
