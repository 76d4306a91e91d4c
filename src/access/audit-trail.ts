import { Injectable } from '@nestjs/common';
import { takeBefore, takeFurther } from '../common/api/audit.js';
import type { Caller } from '../common/api/requires.js';
import { Clock } from '../common/clock.js';
import { newId } from '../common/ids.js';
import { Redactor } from '../common/logging/redactor.js';
import { actionOf } from './audit-action.js';
import { type AuditEntry, AuditLog } from './audit-log.js';
import { redactForAudit } from './audit-redaction.js';

/** Puts a write that succeeded in the audit log, whatever brought it. */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly log: AuditLog,
    private readonly clock: Clock,
    private readonly redactor: Redactor,
  ) {}

  /** @param route the pattern that tells names from parameters in `path`. */
  add(method: string, route: string, path: string, caller: Caller, answer: unknown): void {
    this.addFurther(caller);
    this.write(method, route, path, caller, takeBefore(caller), answer);
  }

  /** What a request has written on its way, whatever became of the request itself. */
  addFurther(caller: Caller): void {
    for (const { method, path, answer } of takeFurther(caller)) this.write(method, path, path, caller, null, answer);
  }

  private write(method: string, route: string, path: string, caller: Caller, before: unknown, answer: unknown): void {
    const { action, resource } = actionOf(method, route, path, answer);
    this.log.add({
      id: newId(),
      at: this.clock.date(),
      actor: caller.actor,
      action,
      resource,
      before: this.redactor.value(redactForAudit(before, resource)) as AuditEntry['before'],
      after: this.redactor.value(redactForAudit(answer, resource)) as AuditEntry['after'],
      ip: caller.ip,
    });
  }
}
