import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ACCESS_RULE, type AccessRule, type Caller, FOR_BROWSERS, PUBLIC_WHEN } from '../common/api/requires.js';
import { AppConfig } from '../common/config/app-config.js';
import { NoAccessRuleError, UnauthorizedError } from './access.errors.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { type Identity, passwordIn, tokenIn } from './credentials.js';

export interface AuthenticatedRequest extends FastifyRequest {
  caller?: Caller;
  identity?: Identity;
}

/** Every route says who may call it; what says nothing is denied. Puts the caller on the request. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly authorizer: Authorizer,
    private readonly config: AppConfig,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === undefined) throw new NoAccessRuleError();
    if ('open' in rule || this.isPublic(context)) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const identity = await this.identify(request, this.isForBrowsers(context));
    this.authorizer.authorize(identity, rule.role, request.method, request.url);
    request.identity = identity;
    request.caller = { actor: identity.actor, role: identity.role, ownerId: identity.ownerId, ip: request.ip };
    return true;
  }

  private isPublic(context: ExecutionContext): boolean {
    const setting = this.reflector.get<'metricsPublic' | undefined>(PUBLIC_WHEN, context.getHandler());
    return setting !== undefined && this.config[setting];
  }

  private isForBrowsers(context: ExecutionContext): boolean {
    return this.reflector.get<true | undefined>(FOR_BROWSERS, context.getHandler()) === true;
  }

  private async identify({ headers }: FastifyRequest, isForBrowsers: boolean): Promise<Identity> {
    const token = tokenIn(headers) ?? (isForBrowsers ? passwordIn(headers) : undefined);
    const scheme = isForBrowsers ? 'Basic' : 'Bearer';
    if (token === undefined) throw new UnauthorizedError('credentials_missing', undefined, scheme);
    try {
      return await this.authenticator.authenticate(token);
    } catch (error) {
      // A mistyped key: the browser shall ask again.
      throw isForBrowsers && error instanceof UnauthorizedError
        ? new UnauthorizedError(error.fault, error, scheme)
        : error;
    }
  }
}
