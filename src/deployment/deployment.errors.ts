import { AppError, type Fault } from '../common/errors/app-error.js';

export class DeploymentInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({ code: 'deployment_invalid', status: 422, message: `This version has ${errors.length} fault(s).`, errors });
  }
}

export class NothingDeployedError extends AppError {
  constructor(workflowId: string) {
    super({ code: 'not_deployed', status: 409, message: `The workflow ${workflowId} is not deployed.` });
  }
}

export class WorkflowArchivedError extends AppError {
  constructor(workflowId: string) {
    super({
      code: 'workflow_state',
      status: 409,
      message: `The workflow ${workflowId} is archived: it cannot be deployed.`,
    });
  }
}
