import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Timers, type DueTimer } from '../common/timers/timer.contract.js';
import { Backfills } from './backfill.service.js';
import { BACKFILL_KEY } from './backfill.js';
import { TRIGGER_TIMER } from './occurrences/held-timers.js';
import { TriggerCompiler } from './trigger-compiler.js';
import type { DueTrigger } from './trigger.contract.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TriggerRepository } from './trigger.repository.js';

/** Hands due timers to the types of their triggers: one look at the table for all of them, one call a type. */
@Injectable()
export class TriggerTimers {
  constructor(
    timers: Timers,
    private readonly registry: TriggerRegistry,
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
    private readonly backfills: Backfills,
  ) {
    timers.handle(TRIGGER_TIMER, (client, due, now) => this.follow(client, due, now));
  }

  private async follow(client: PoolClient, due: readonly DueTimer[], now: Date): Promise<() => void> {
    const byType = await this.group(client, due);
    const after: (() => void)[] = [];
    for (const [name, all] of byType) {
      const type = this.registry.get(name);
      const own = all.filter(({ key }) => !key.startsWith(BACKFILL_KEY));
      if (own.length > 0) after.push(await type.due(client, own, now));
      for (const one of all)
        if (one.key.startsWith(BACKFILL_KEY)) after.push(await this.backfills.goOn(client, type, one, now));
    }
    return () => after.forEach((work) => work());
  }

  /** A timer whose trigger is no longer in force ends here. */
  private async group(client: PoolClient, due: readonly DueTimer[]): Promise<Map<string, DueTrigger[]>> {
    const rows = await this.triggers.byIds(client, [...new Set(due.map(({ subjectId }) => subjectId))]);
    const armed = new Map(rows.filter((row) => row.armed_at !== null).map((row) => [row.id, row]));
    const byType = new Map<string, DueTrigger[]>();
    for (const { subjectId, key, dueAt, payload } of due) {
      const row = armed.get(subjectId);
      if (row === undefined) continue;
      const all = byType.get(row.type) ?? [];
      all.push({ trigger: this.compiler.compile(row), key, dueAt, payload });
      byType.set(row.type, all);
    }
    return byType;
  }
}
