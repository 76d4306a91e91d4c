import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { map, type Observable, tap } from 'rxjs';
import { callerOf, type GrpcCall, RPC, type RpcRule } from '../common/grpc/rpc.js';
import { AuditTrail } from './audit-trail.js';
import { isRead } from './scopes.js';

/** Logs writes as HTTP does, of what the service gave back; then makes messages of it. */
@Injectable()
export class GrpcAnswerInterceptor implements NestInterceptor {
  constructor(
    private readonly reflector: Reflector,
    private readonly trail: AuditTrail,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { like, to } = this.reflector.get<RpcRule>(RPC, context.getHandler());
    const [method = '', route = ''] = like.split(' ');
    const answers = next.handle().pipe(map((view: unknown) => ({ view, message: to(view as never) })));
    if (isRead(method)) return answers.pipe(map(({ message }) => message));
    const request = context.getArgByIndex<Record<string, string | undefined>>(0);
    const caller = callerOf(context.getArgByIndex<GrpcCall>(2));
    // What a call makes by itself is named in its answer only.
    const pathOf = (view: unknown): string =>
      route.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(request[name] ?? named(view, name)));
    let isFirst = true;
    return answers.pipe(
      tap({
        next: ({ view }) => {
          // Of a stream the first answer says that it has begun.
          if (isFirst) this.trail.add(method, route, pathOf(view), caller, view);
          isFirst = false;
        },
        error: () => this.trail.addFurther(caller),
      }),
      map(({ message }) => message),
    );
  }
}

function named(view: unknown, name: string): string {
  const value = ((view ?? {}) as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : '';
}
