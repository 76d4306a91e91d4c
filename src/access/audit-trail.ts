import { Injectable } from '@nestjs/common';
import { takeBefore } from '../common/api/audit.js';
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
    const { action, resource } = actionOf(method, route, path, answer);
    const before = this.redactor.value(redactForAudit(takeBefore(caller), resource)) as AuditEntry['before'];
    const after = this.redactor.value(redactForAudit(answer, resource)) as AuditEntry['after'];
    this.log.add({
      id: newId(),
      at: this.clock.date(),
      actor: caller.actor,
      action,
      resource,
      before,
      after,
      ip: caller.ip,
    });
  }
}
