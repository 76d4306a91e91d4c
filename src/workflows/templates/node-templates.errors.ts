import { AppError, type Fault } from '../../common/errors/app-error.js';

export class NodeTemplateNotFoundError extends AppError {
  constructor(idOrName: string, version: number | null) {
    const name = version === null ? idOrName : `${idOrName}@${version}`;
    super({ code: 'node_template_not_found', status: 404, message: `There is no step template "${name}".` });
  }
}

export class NodeTemplateExistsError extends AppError {
  constructor(name: string) {
    super({
      code: 'node_template_exists',
      status: 409,
      message: `There is a step template "${name}" already. PUT makes a new version of it.`,
    });
  }
}

export class NodeTemplateVersionError extends AppError {
  constructor(version: number, latest: number) {
    super({
      code: 'node_template_version',
      status: 409,
      message: `Version ${version} does not come after ${latest}, the latest: versions never change.`,
    });
  }
}

export class NodeTemplateInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({ code: 'node_template_invalid', status: 422, message: 'The step template is not valid.', errors });
  }
}
