import { AppError, type Fault } from '../common/errors/app-error.js';
import type { WorkflowStatus } from './workflow-status.js';

export class WorkflowNotFoundError extends AppError {
  constructor(idOrSlug: string) {
    super({ code: 'workflow_not_found', status: 404, message: `There is no workflow "${idOrSlug}".` });
  }
}

export class VersionNotFoundError extends AppError {
  constructor(workflow: string, version: number) {
    super({ code: 'version_not_found', status: 404, message: `Workflow "${workflow}" has no version ${version}.` });
  }
}

export class TaskNotFoundError extends AppError {
  constructor(workflow: string, stepId: string) {
    super({ code: 'task_not_found', status: 404, message: `Workflow "${workflow}" has no step "${stepId}".` });
  }
}

export class WorkflowStateError extends AppError {
  constructor(status: WorkflowStatus, to: string) {
    super({
      code: 'workflow_state',
      status: 409,
      message: `The workflow is ${status}; it cannot become ${to} from there.`,
    });
  }
}

export class WorkflowDeployedError extends AppError {
  constructor() {
    super({ code: 'workflow_deployed', status: 409, message: 'The workflow is deployed. Undeploy it first.' });
  }
}

export class WorkflowBusyError extends AppError {
  constructor() {
    super({
      code: 'workflow_busy',
      status: 409,
      message: 'Executions of the workflow are under way. Cancel them first.',
    });
  }
}

export class SlugTakenError extends AppError {
  constructor(slug: string) {
    super({ code: 'slug_taken', status: 409, message: `Another workflow has the slug "${slug}".` });
  }
}

export class RevisionMismatchError extends AppError {
  constructor(current: number) {
    super({
      code: 'revision_mismatch',
      status: 412,
      message: `The workflow has changed since: its ETag is "${current}" now. Read it again and repeat the change.`,
      headers: { ETag: `"${current}"` },
    });
  }
}

export class NotATemplateError extends AppError {
  constructor(idOrSlug: string) {
    super({ code: 'not_a_template', status: 409, message: `Workflow "${idOrSlug}" is not a template.` });
  }
}

export class BodyInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({ code: 'body_invalid', status: 422, message: 'The request body is not valid.', errors });
  }
}
