import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AppConfig } from '../common/config/app-config.js';
import { databaseTime } from '../common/database/database-time.js';
import { Database } from '../common/database/database.js';
import { Metrics } from '../common/metrics/metrics.js';
import { LockManager } from '../locks/lock-manager.js';
import { TriggerActivity } from './trigger-activity.js';
import { TriggerCompiler } from './trigger-compiler.js';
import { TriggerManager } from './trigger-manager.js';
import { TriggerRegistry } from './trigger-registry.js';
import { TriggerRepository } from './trigger.repository.js';

const LOOK_MS = 1_000;
const SWEEP_MS = 15_000;
const LEASE_MS = 30_000;

/** Sees to it that what is in force lives: in memory on every replica, and in the table of timers. */
@Injectable()
export class TriggerWatch {
  private readonly log = new Logger(TriggerWatch.name);
  private looking: Promise<void> | null = null;

  constructor(
    private readonly manager: TriggerManager,
    private readonly registry: TriggerRegistry,
    private readonly triggers: TriggerRepository,
    private readonly compiler: TriggerCompiler,
    private readonly activity: TriggerActivity,
    private readonly locks: LockManager,
    private readonly database: Database,
    private readonly metrics: Metrics,
    private readonly settings: AppConfig,
  ) {}

  @Interval(LOOK_MS)
  async look(): Promise<void> {
    this.looking ??= this.manager.restartDown().finally(() => (this.looking = null));
    await this.looking.catch((error: unknown) => this.log.warn({ message: 'triggers cannot be watched', err: error }));
  }

  /** What has lost its timer is armed again, from now on. */
  @Interval(SWEEP_MS)
  async sweep(): Promise<void> {
    try {
      this.metrics.triggersDown.set(Math.max(this.manager.counts().failing, await this.triggers.countDown()));
      if (this.settings.roles.includes('scheduler'))
        await this.locks.run('triggers.sweep', LEASE_MS, () => this.armLost());
    } catch (error) {
      this.log.warn({ message: 'triggers cannot be looked after', err: error });
    }
  }

  private async armLost(): Promise<void> {
    const lost = await this.triggers.withoutTimer(this.registry.types.map(({ type }) => type));
    for (const id of lost) await this.armAgain(id);
  }

  private async armAgain(id: string): Promise<void> {
    const isArmed = await this.database.transaction(async (client) => {
      const row = await this.triggers.lock(client, id);
      const type = row?.armed_at ? this.registry.find(row.type) : undefined;
      if (row === undefined || type === undefined) return false;
      const trigger = this.compiler.build(row);
      const now = await databaseTime(client);
      if (!type.needsTimer(trigger, now)) return false;
      await type.arm(client, trigger, { isNew: false, now });
      return true;
    });
    if (!isArmed) return;
    this.activity.restarted(id);
    this.log.warn({ message: `trigger ${id} had lost its timer and was armed again`, event: 'trigger_armed_again' });
  }
}
