import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { noteFurther } from '../../common/api/audit.js';
import type { Caller } from '../../common/api/requires.js';
import { ValidationFailedError } from '../../common/validation/validation-pipe.js';
import { DefinitionInvalidError } from '../../definition/definition.errors.js';
import { WorkflowDirectory } from '../../workflows/workflow-directory.js';
import { SlugTakenError, WorkflowNotFoundError } from '../../workflows/workflows.errors.js';
import { WorkflowsService } from '../../workflows/workflows.service.js';
import { ExecutionStreams } from '../live/execution-streams.js';
import { LiveExecutions } from '../live/live-executions.service.js';
import type { LiveEvent } from '../live/server-sent-events.js';
import { ExecuteService } from '../start/execute.service.js';
import type { ExecutionDto } from '../views/execution.dto.js';
import { ExecutionQueries } from '../views/execution-queries.service.js';

/** The config of an `agent` step. */
export interface AgentSetting {
  readonly task: string;
  readonly memory?: { readonly conversation: string; readonly [field: string]: unknown } | undefined;
  readonly [field: string]: unknown;
}

export interface AgentRequest {
  readonly setting: AgentSetting;
  readonly idempotencyKey: string | undefined;
  readonly caller: Caller;
}

export interface AgentStart {
  readonly id: string;
  readonly workflow_id: string;
  readonly duplicate: boolean;
}

const STEP = 'agent';
const STEP_CONFIG = `steps[0].config.`;
/** What every run of the setting shares. It never changes, whatever becomes of the workflow. */
const VERSION = 1;

/**
 * Runs of agents outside of a workflow that somebody wrote. Each is an execution, so nothing of it is lost when a client or a
 * replica goes away: of a workflow with one step, made for each setting and owner once. What differs from run to run, the task
 * and the conversation, is its input.
 */
@Injectable()
export class AgentRuns {
  constructor(
    private readonly workflows: WorkflowsService,
    private readonly directory: WorkflowDirectory,
    private readonly executes: ExecuteService,
    private readonly queries: ExecutionQueries,
    private readonly live: LiveExecutions,
    private readonly streams: ExecutionStreams,
  ) {}

  /** @throws ValidationFailedError 422, by the names of the step's fields */
  async start({ setting, idempotencyKey, caller }: AgentRequest): Promise<AgentStart> {
    const faults = (['task', 'memory.conversation'] as const).filter((path) => isMissing(setting, path));
    if (faults.length > 0)
      throw new ValidationFailedError(
        faults.map((path) => ({ path, code: 'field_required', message: `"${path}" is required` })),
      );
    const workflow = await this.workflowOf(setting, caller);
    const input = { task: setting.task, conversation: setting.memory?.conversation };
    const body = { input, version: VERSION };
    const answer = await this.executes.execute({ workflow, body, idempotencyKey, caller });
    if (!('started' in answer)) throw new Error('an execution that was not waited for has ended');
    const { id, workflow_id, duplicate } = answer.started;
    return { id, workflow_id, duplicate };
  }

  /** What happens in the run, from its beginning to its end. */
  events({ id }: AgentStart, client: AbortSignal): AsyncGenerator<LiveEvent> {
    return this.streams.follow(id, this.live.events(id, undefined), client);
  }

  /** The ended execution, with its whole output. */
  result({ id }: AgentStart): Promise<ExecutionDto> {
    return this.queries.finished(id);
  }

  /** @returns its id */
  private async workflowOf(setting: AgentSetting, caller: Caller): Promise<string> {
    const definition = definitionOf(setting);
    const mark = createHash('sha256')
      .update(JSON.stringify([caller.ownerId, definition]))
      .digest('hex')
      .slice(0, 24);
    const slug = `agent-${mark}`;
    const find = async (): Promise<string> => (await this.directory.get(slug, caller)).id;
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
    try {
      const name = `Agent ${mark.slice(0, 6)}`;
      const description = 'Made by a run of an agent; all runs of the same setting are executions of it.';
      const made = await this.workflows.create(
        { name, slug, description, tags: ['agent'], definition: { name, ...definition } },
        caller,
      );
      noteFurther(caller, { method: 'POST', path: '/workflows', answer: made });
      return made['id'];
    } catch (error) {
      // Another call has made it meanwhile.
      if (error instanceof SlugTakenError) return find();
      throw error instanceof DefinitionInvalidError ? ofSetting(error) : error;
    }
  }
}

function definitionOf({ task: _task, memory, ...others }: AgentSetting): Record<string, unknown> {
  const config = {
    ...others,
    task: '{{ input.task }}',
    ...(memory !== undefined && { memory: { ...memory, conversation: '{{ input.conversation }}' } }),
  };
  return { steps: [{ id: STEP, type: 'agent', config }], output: `{{ steps.${STEP}.output }}` };
}

function isMissing({ task, memory }: AgentSetting, path: 'task' | 'memory.conversation'): boolean {
  return path === 'task' ? task === '' : memory?.conversation === '';
}

/** Who called knows no step. */
function ofSetting({ errors }: DefinitionInvalidError): ValidationFailedError {
  return new ValidationFailedError(
    errors.map((fault) => ({
      ...fault,
      path: fault.path.startsWith(STEP_CONFIG) ? fault.path.slice(STEP_CONFIG.length) : fault.path,
    })),
  );
}
