import { Injectable } from '@nestjs/common';
import { Database, type SqlClient } from '../common/database/database.js';
import type { ArmedTrigger } from './trigger.contract.js';
import { TriggerCompiler } from './trigger-compiler.js';
import { TriggerRepository } from './trigger.repository.js';

/** Triggers as the table has them now, compiled. Signals may be late; what must miss none asks here. */
@Injectable()
export class TriggersInForce {
  private readonly known = new Map<string, ReadonlyMap<string, ArmedTrigger>>();

  constructor(
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
    private readonly database: Database,
  ) {}

  /** Rows that have not changed are not read again. */
  async of(types: readonly string[], client: SqlClient = this.database.pool): Promise<readonly ArmedTrigger[]> {
    const kept = this.known.get(types.join()) ?? new Map<string, ArmedTrigger>();
    const inForce = await this.triggers.inForce(types);
    const changed = inForce.filter(({ id, revision }) => kept.get(id)?.revision !== revision).map(({ id }) => id);
    const rows = changed.length === 0 ? [] : await this.triggers.byIds(client, changed);
    const fresh = new Map(rows.map((row) => [row.id, this.compiler.compile(row)]));
    const all = inForce.flatMap(({ id }) => fresh.get(id) ?? kept.get(id) ?? []);
    this.known.set(types.join(), new Map(all.map((trigger) => [trigger.id, trigger])));
    return all;
  }

  /** Those of them that are in force yet, as they are now: nobody edits, pauses or withdraws them until the commit. */
  async hold(client: SqlClient, triggers: readonly ArmedTrigger[]): Promise<ReadonlyMap<string, ArmedTrigger>> {
    if (triggers.length === 0) return new Map();
    const ids = triggers.map(({ id }) => id);
    const revisions = new Map((await this.triggers.holdInForce(client, ids)).map((row) => [row.id, row.revision]));
    const same = triggers.filter(({ id, revision }) => revisions.get(id) === revision);
    const edited = triggers.filter(({ id, revision }) => (revisions.get(id) ?? revision) !== revision);
    const rows =
      edited.length === 0
        ? []
        : await this.triggers.byIds(
            client,
            edited.map(({ id }) => id),
          );
    return new Map([...same, ...rows.map((row) => this.compiler.compile(row))].map((one) => [one.id, one]));
  }
}
