import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { AppConfig } from '../../../common/config/app-config.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import {
  BaseTrigger,
  TriggerHost,
  type ArmedTrigger,
  type ArmingChange,
  type DueTrigger,
  type InstantRange,
  type PreviewedInstant,
  type Seen,
  type SeenBy,
  type TriggerTimer,
  type TriggerWarning,
} from '../../trigger.contract.js';
import { CronConfig } from './cron.dto.js';
import { hashOf } from './cron-line.js';
import { CronSchedule } from './cron-schedule.js';
import { passedInstants, type Passed } from './misfire.js';
import { IntervalSchedule, type Schedule } from './schedule.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const MOST_SCHEDULES = 20_000;
type Armed = ArmedTrigger<CronConfig>;

interface Walk extends Passed {
  readonly trigger: Armed;
  readonly schedule: Schedule;
}

@Injectable()
export class CronTrigger extends BaseTrigger<CronConfig> {
  override readonly type = 'cron';
  override readonly aliases = ['schedule'];
  override readonly title = 'Schedule';
  override readonly description = 'Fires at the instants of a cron line in a time zone, or at a fixed interval.';
  override readonly config = CronConfig;
  /** Parsed schedules by trigger; the timer handler comes by once an instant. */
  private readonly schedules = new Map<string, { revision: number; schedule: Schedule }>();

  constructor(
    private readonly host: TriggerHost,
    private readonly settings: AppConfig,
  ) {
    super();
  }

  override validate(config: CronConfig): readonly Fault[] {
    if ((config.cron === undefined) === (config.interval === undefined)) {
      return [
        { path: '', code: 'cron_or_interval', message: 'give either "cron" or "interval"', hint: 'cron: "0 2 * * *"' },
      ];
    }
    if (!['allow', 'skip'].includes(config.overlap)) {
      const message = `overlap "${config.overlap}" is not available yet`;
      return [{ path: 'overlap', code: 'overlap_unavailable', message, hint: 'use allow or skip' }];
    }
    if (config.interval !== undefined) {
      const tooShort = { path: 'interval', code: 'interval_too_short', message: 'an interval is 1 s or longer' };
      return (parseDuration(config.interval) ?? 0) < 1000 ? [tooShort] : [];
    }
    return this.faultsOfLines(config);
  }

  override warnings(config: CronConfig, triggerId: string, now: Date): readonly TriggerWarning[] {
    return this.build(config, triggerId, null).warnings(now.getTime());
  }

  override async arm(client: PoolClient, trigger: Armed, change: ArmingChange): Promise<void> {
    if (!change.isNew && (await this.host.hasTimer(client, trigger.id))) return;
    await this.host.cancelTimers(client, [trigger.id], '');
    const from = Math.max(change.now.getTime(), (trigger.startAt ?? 0) - 1);
    const schedule = this.scheduleOf(trigger);
    const next = schedule.next(from);
    if (next === null || (trigger.endAt !== null && next > trigger.endAt)) return;
    await this.host.setTimers(client, [timerAt(trigger, schedule, next)]);
  }

  override async disarm(client: PoolClient, triggerIds: readonly string[]): Promise<void> {
    await this.host.cancelTimers(client, triggerIds);
    for (const id of triggerIds) this.schedules.delete(id);
  }

  /** Next instants and occurrences of all due triggers commit together. */
  override async due(client: PoolClient, due: readonly DueTrigger<CronConfig>[], now: Date): Promise<() => void> {
    const walks = due.map((one) => this.walk(one, now));
    const open = await this.host.openExecutions(client, skippingIds(due));
    const busy = new Set(open.keys());
    const { after } = await this.host.handleWithin(
      client,
      walks.flatMap((walk) => occurrencesOf(walk, busy, now, this.settings.retentionMs)),
    );
    const timers = walks.flatMap(({ trigger, schedule, next }) =>
      next === null ? [] : [timerAt(trigger, schedule, next)],
    );
    await this.host.setTimers(client, timers);
    return after;
  }

  override defaultInput(): unknown {
    return {};
  }

  override preview(trigger: Armed, from: Date, count: number): readonly PreviewedInstant[] {
    const schedule = this.scheduleOf(trigger);
    const timezone = trigger.config.timezone ?? this.settings.schedulerTimezone;
    const items: PreviewedInstant[] = [];
    let at = schedule.next(Math.max(from.getTime(), (trigger.startAt ?? 0) - 1));
    while (at !== null && items.length < count && (trigger.endAt === null || at <= trigger.endAt)) {
      const dueAt = timerAt(trigger, schedule, at).dueAt;
      items.push({ at: new Date(at), dueAt, timezone, note: schedule.note(at) });
      at = schedule.next(at);
    }
    return items;
  }

  override instantsIn(trigger: Armed, range: InstantRange): readonly Seen[] {
    const schedule = this.scheduleOf(trigger);
    const found: Seen[] = [];
    let at = schedule.next(range.from.getTime() - 1);
    while (at !== null && at <= range.to.getTime() && found.length < range.limit) {
      found.push(seenAt(at, range.to, this.settings.retentionMs));
      at = schedule.next(at);
    }
    return found;
  }

  private walk({ trigger, payload, dueAt }: DueTrigger<CronConfig>, now: Date): Walk {
    const schedule = this.scheduleOf(trigger);
    const cursor = (payload as { instant: number }).instant;
    const { misfire, max_catch_up: most, misfire_grace: grace } = trigger.config;
    const keepMissed = { fire_once: 1, skip: 0, fire_all: most }[misfire];
    const shifted = now.getTime() - (dueAt.getTime() - cursor);
    const rule = { keepMissed, graceMs: parseDuration(grace) ?? 60_000 };
    return { trigger, schedule, ...passedInstants(schedule, cursor, shifted, trigger.endAt, rule) };
  }

  private scheduleOf(trigger: Armed): Schedule {
    const known = this.schedules.get(trigger.id);
    if (known?.revision === trigger.revision) return known.schedule;
    const schedule = this.build(trigger.config, trigger.id, trigger.startAt);
    if (this.schedules.size >= MOST_SCHEDULES) this.schedules.clear();
    this.schedules.set(trigger.id, { revision: trigger.revision, schedule });
    return schedule;
  }

  /** An interval's phase is the trigger's own, unless `start_at` sets it: instants are the same on every replica. */
  private build(config: CronConfig, triggerId: string, startAt: number | null): Schedule {
    if (config.interval !== undefined) {
      const period = parseDuration(config.interval) ?? 1000;
      return new IntervalSchedule(startAt ?? (hashOf(triggerId, 'phase') * 1000) % period, period);
    }
    const timezone = config.timezone ?? this.settings.schedulerTimezone;
    return new CronSchedule(config.cron ?? '', timezone, config.exclude, triggerId);
  }

  private faultsOfLines(config: CronConfig): Fault[] {
    const timezone = config.timezone ?? this.settings.schedulerTimezone;
    const faults: Fault[] = [];
    const attempt = (path: string, code: string, work: () => void): void => {
      try {
        work();
      } catch (error) {
        faults.push({ path, code, message: error instanceof Error ? error.message : String(error) });
      }
    };
    attempt('timezone', 'timezone_invalid', () => new CronSchedule('0 0 * * *', timezone, [], NOBODY));
    attempt('cron', 'cron_invalid', () => new CronSchedule(config.cron ?? '', 'UTC', [], NOBODY));
    config.exclude.forEach((line, index) => {
      attempt(`exclude[${index}]`, 'cron_invalid', () => new CronSchedule('0 0 * * *', 'UTC', [line], NOBODY));
    });
    if (faults.length > 0) return faults;
    const first = new CronSchedule(config.cron ?? '', timezone, config.exclude, NOBODY).next(Date.UTC(2024, 0, 1));
    return first === null ? [{ path: 'cron', code: 'cron_never', message: 'this line has no instant' }] : [];
  }
}

function skippingIds(due: readonly DueTrigger<CronConfig>[]): string[] {
  return due.filter(({ trigger }) => trigger.config.overlap === 'skip').map(({ trigger }) => trigger.id);
}

/** `busy`: triggers with `overlap: skip` whose last execution runs; those that fire here join them. */
function occurrencesOf(walk: Walk, busy: Set<string>, now: Date, keyTtlMs: number): SeenBy[] {
  const { trigger } = walk;
  return walk.instants.map(({ at, fires }) => {
    const seen = seenAt(at, now, keyTtlMs);
    if (!fires) return { trigger, seen: { ...seen, refused: skipped('misfire', `policy ${trigger.config.misfire}`) } };
    if (busy.has(trigger.id))
      return { trigger, seen: { ...seen, refused: skipped('overlap', 'the last execution still runs') } };
    if (trigger.config.overlap === 'skip') busy.add(trigger.id);
    return { trigger, seen };
  });
}

const skipped = (code: string, detail: string) => ({ outcome: 'skipped' as const, code, detail });

/** The nominal instant is the identity: `(trigger, instant)` fires once. */
function seenAt(at: number, now: Date, keyTtlMs: number): Seen {
  const scheduledFor = new Date(at);
  const instant = scheduledFor.toISOString();
  return {
    occurredAt: now,
    scheduledFor,
    payload: { scheduled_for: instant },
    key: instant,
    keyTtlMs,
    defaultInput: {},
  };
}

/** The jitter is the trigger's own and stays below the next instant, so that order is kept. */
function timerAt(trigger: Armed, schedule: Schedule, instant: number): TriggerTimer {
  const most = parseDuration(trigger.config.jitter ?? 0) ?? 0;
  let offset = 0;
  if (most > 0)
    offset = hashOf(trigger.id, 'jitter') % Math.max(1, Math.min(most, (schedule.next(instant) ?? Infinity) - instant));
  return { triggerId: trigger.id, key: '', dueAt: new Date(instant + offset), payload: { instant } };
}
