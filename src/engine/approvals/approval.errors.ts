import { AppError, type Fault } from '../../common/errors/app-error.js';

export class ApprovalNotFoundError extends AppError {
  constructor(id: string) {
    super({ code: 'approval_not_found', status: 404, message: `There is no approval ${id}.` });
  }
}

/** Nobody waits for this decision any more. */
export class ApprovalClosedError extends AppError {
  constructor(status: string) {
    const code = status === 'expired' ? 'approval_expired' : 'approval_closed';
    const message =
      status === 'expired' ? 'The step does not wait for a decision any more.' : `The approval is ${status} already.`;
    super({ code, status: 409, message });
  }
}

export class AlreadyDecidedError extends AppError {
  constructor(via: 'api' | 'link') {
    if (via === 'link') super({ code: 'link_used', status: 409, message: 'This link was used already.' });
    else super({ code: 'already_decided', status: 409, message: 'You have decided already.' });
  }
}

/** Altered, cut short, or made by another server. */
export class LinkInvalidError extends AppError {
  constructor() {
    super({ code: 'link_invalid', status: 403, message: 'This link is not valid.' });
  }
}

/** The data do not satisfy the approval's form, or the link is for the other decision. */
export class DecisionInvalidError extends AppError {
  constructor(errors: readonly Fault[]) {
    super({ code: 'decision_invalid', status: 422, message: 'The decision is not complete.', errors });
  }
}
