import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS_RULE, type AccessRule } from '../common/api/requires.js';
import { type GrpcCall, RPC, type RpcRule, sent } from '../common/grpc/rpc.js';
import { NoAccessRuleError, UnauthorizedError } from './access.errors.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { tokenIn } from './credentials.js';

/** The same as the guard of HTTP: who says nothing about a method denies it. Puts the caller on the call. */
@Injectable()
export class GrpcAccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly authorizer: Authorizer,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.get<AccessRule | undefined>(ACCESS_RULE, context.getHandler());
    const rpc = this.reflector.get<RpcRule | undefined>(RPC, context.getHandler());
    if (rule === undefined || rpc === undefined || !('role' in rule)) throw new NoAccessRuleError();
    const call = context.getArgByIndex<GrpcCall>(2);
    const headers = {
      authorization: sent(call.metadata, 'authorization'),
      'x-api-key': sent(call.metadata, 'x-api-key'),
    };
    const token = tokenIn(headers);
    if (token === undefined) throw new UnauthorizedError('credentials_missing');
    const identity = await this.authenticator.authenticate(token);
    const [method = '', path = ''] = rpc.like.split(' ');
    this.authorizer.authorize(identity, rule.role, method, path);
    call.caller = {
      actor: identity.actor,
      role: identity.role,
      ownerId: identity.ownerId,
      ip: addressIn(call.getPeer()),
    };
    return true;
  }
}

/** `127.0.0.1:4711`, `[::1]:4711`, `ipv4:127.0.0.1:4711`. */
function addressIn(peer: string): string {
  return peer
    .replace(/^ipv[46]:/, '')
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '');
}
