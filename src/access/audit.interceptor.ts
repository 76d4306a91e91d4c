import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import type { AuthenticatedRequest } from './access.guard.js';
import { AuditTrail } from './audit-trail.js';
import { isRead } from './scopes.js';

/** Puts every write that succeeded in the audit log, off the request's critical path. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly trail: AuditTrail) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { caller, method, url } = request;
    if (caller === undefined || isRead(method)) return next.handle();
    const route = request.routeOptions.url ?? url;
    return next.handle().pipe(tap((answer) => this.trail.add(method, route, url, caller, answer)));
  }
}
