import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';
import { takeBefore } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { Redactor } from '../common/logging/redactor.js';
import type { AuthenticatedRequest } from './access.guard.js';
import { actionOf } from './audit-action.js';
import { type AuditEntry, AuditLog } from './audit-log.js';
import { redactForAudit } from './audit-redaction.js';
import { isRead } from './scopes.js';

/** Puts every write that succeeded in the audit log, off the request's critical path. */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly log: AuditLog,
    private readonly clock: Clock,
    private readonly redactor: Redactor,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const { caller } = request;
    if (caller === undefined || isRead(request.method)) return next.handle();
    return next.handle().pipe(tap((answer) => this.log.add(this.entryOf(request, caller, answer))));
  }

  private entryOf(request: AuthenticatedRequest, caller: Caller, answer: unknown): AuditEntry {
    const route = request.routeOptions.url ?? request.url;
    const { action, resource } = actionOf(request.method, route, request.url, answer);
    const before = this.redactor.value(redactForAudit(takeBefore(caller), resource)) as AuditEntry['before'];
    const after = this.redactor.value(redactForAudit(answer, resource)) as AuditEntry['after'];
    return { id: newId(), at: this.clock.date(), actor: caller.actor, action, resource, before, after, ip: caller.ip };
  }
}
