import { Injectable } from '@nestjs/common';
import { type AccessRole, ROLES } from '../common/api/requires.js';
import { RoleTooLowError, ScopeMissingError } from './access.errors.js';
import type { Identity } from './credentials.js';
import { isRead, scopeNeeded, scopesAllow } from './scopes.js';
import { WriteLimiter } from './write-limiter.js';

/** Whether somebody may do something, whatever brought the request. */
@Injectable()
export class Authorizer {
  constructor(private readonly limiter: WriteLimiter) {}

  /** @throws RoleTooLowError, ScopeMissingError (403), TooManyWritesError (429) */
  authorize(identity: Identity, role: AccessRole, method: string, path: string): void {
    if (ROLES.indexOf(identity.role) < ROLES.indexOf(role)) throw new RoleTooLowError(identity.role, role);
    const scope = scopeNeeded(method, path);
    if (!scopesAllow(identity.scopes, scope)) throw new ScopeMissingError(scope);
    if (!isRead(method)) this.limiter.take(identity.actor);
  }
}
