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
  type TriggerTimer,
  type TriggerWarning,
} from '../../trigger.contract.js';
import { CronConfig } from './cron.dto.js';
import { hashOf } from './cron-line.js';
import { CronSchedule } from './cron-schedule.js';
import { Exclusions } from './exclusions.js';
import { passedInstants, type Passed } from './misfire.js';
import { overlap, type Overlap, type Verdict } from './overlap.js';
import { IntervalSchedule, type Schedule } from './schedule.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';
const MOST_SCHEDULES = 20_000;
type Armed = ArmedTrigger<CronConfig>;

/** How soon it is seen that an execution has ended for which instants wait. */
const LOOK_AGAIN_MS = 500;
const NOTHING_PASSED: Passed = { instants: [], next: null };

/** What the timer carries. */
interface CronTimer {
  /** The next instant; null when the schedule has ended and only buffered ones are left. */
  readonly instant: number | null;
  /** Instants that wait for the end of the last execution, oldest first. */
  readonly buffered?: readonly number[];
  /** When the next instant is due; given while the timer comes earlier, to look after the buffered ones. */
  readonly next_due?: string;
}

interface Walk {
  readonly trigger: Armed;
  readonly schedule: Schedule;
  readonly next: number | null;
  readonly overlap: Overlap;
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
    if (config.interval !== undefined && (parseDuration(config.interval) ?? 0) < 1000)
      return [{ path: 'interval', code: 'interval_too_short', message: 'an interval is 1 s or longer' }];
    return this.faultsOfLines(config);
  }

  override warnings(config: CronConfig, triggerId: string, now: Date): readonly TriggerWarning[] {
    return this.build(config, triggerId, null).warnings(now.getTime());
  }

  override async arm(client: PoolClient, trigger: Armed, change: ArmingChange): Promise<void> {
    if (!change.isNew && (await this.host.hasTimer(client, trigger.id))) return;
    // Instants that wait for the end of an execution go on waiting: they have passed, whatever the line says now.
    const buffered = bufferedIn((await this.host.timerPayloads(client, [trigger.id])).get(trigger.id));
    await this.host.cancelTimers(client, [trigger.id], '');
    const from = Math.max(change.now.getTime(), (trigger.startAt ?? 0) - 1);
    const schedule = this.scheduleOf(trigger);
    const next = schedule.next(from);
    const ended = next === null || (trigger.endAt !== null && next > trigger.endAt);
    const timer = timerAt(trigger, schedule, ended ? null : next, buffered, change.now);
    await this.host.setTimers(client, timer === null ? [] : [timer]);
  }

  override async disarm(client: PoolClient, triggerIds: readonly string[], triggers: readonly Armed[]): Promise<void> {
    await this.giveUpBuffered(client, triggers);
    await this.host.cancelTimers(client, triggerIds);
    for (const id of triggerIds) this.schedules.delete(id);
  }

  /** Next instants, instants that wait, and occurrences of all due triggers commit together. */
  override async due(client: PoolClient, due: readonly DueTrigger<CronConfig>[], now: Date): Promise<() => void> {
    const open = await this.host.openExecutions(client, exclusiveIds(due));
    const walks = due.map((one) => this.walk(one, now, open.has(one.trigger.id)));
    const { after } = await this.host.handleWithin(
      client,
      walks.flatMap(({ trigger, overlap: { verdicts } }) =>
        verdicts.map((verdict) => ({ trigger, seen: seenBy(verdict, now, trigger.keepMs) })),
      ),
    );
    const timers = walks.map((walk) => timerAt(walk.trigger, walk.schedule, walk.next, walk.overlap.buffered, now));
    await this.host.setTimers(
      client,
      timers.filter((timer) => timer !== null),
    );
    const cancel = await this.cancelOthers(client, walks);
    return () => {
      after();
      cancel();
    };
  }

  override needsTimer(trigger: Armed, now: Date): boolean {
    const next = this.scheduleOf(trigger).next(Math.max(now.getTime(), (trigger.startAt ?? 0) - 1));
    return next !== null && (trigger.endAt === null || next <= trigger.endAt);
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
      const dueAt = dueAtOf(trigger, schedule, at);
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
      found.push(seenAt(at, range.to, trigger.keepMs));
      at = schedule.next(at);
    }
    return found;
  }

  private walk({ trigger, payload, dueAt }: DueTrigger<CronConfig>, now: Date, isBusy: boolean): Walk {
    const schedule = this.scheduleOf(trigger);
    const { misfire, max_catch_up: most, misfire_grace: grace, overlap: policy } = trigger.config;
    const keepMissed = { fire_once: 1, skip: 0, fire_all: most }[misfire];
    const { instant: cursor, next_due: nominal } = payload as CronTimer;
    const shifted = now.getTime() - ((nominal === undefined ? dueAt.getTime() : Date.parse(nominal)) - (cursor ?? 0));
    const rule = { keepMissed, graceMs: parseDuration(grace) ?? 60_000 };
    const { instants, next } =
      cursor === null ? NOTHING_PASSED : passedInstants(schedule, cursor, shifted, trigger.endAt, rule);
    const situation = { policy, isBusy, buffered: bufferedIn(payload), passed: instants };
    return { trigger, schedule, next, overlap: overlap({ ...situation, misfire: `policy ${misfire}` }) };
  }

  private async cancelOthers(client: PoolClient, walks: readonly Walk[]): Promise<() => void> {
    const ids = walks.filter((walk) => walk.overlap.cancels).map(({ trigger }) => trigger.id);
    return this.host.cancelOpen(client, ids, 'A newer instant of its schedule took its place.');
  }

  /** No instant goes without a row in the ledger. */
  private async giveUpBuffered(client: PoolClient, triggers: readonly Armed[]): Promise<void> {
    const ids = triggers.map(({ id }) => id);
    const payloads = await this.host.timerPayloads(client, ids);
    const detail = 'the trigger went out of force while it waited';
    const given = triggers.flatMap((trigger) =>
      bufferedIn(payloads.get(trigger.id)).map((at) => ({
        trigger,
        seen: seenBy({ at, fires: false, code: 'overlap', detail }, new Date(), trigger.keepMs),
      })),
    );
    await this.host.handleWithin(client, given);
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
    const timezone = config.timezone ?? this.settings.schedulerTimezone;
    if (config.interval === undefined) return new CronSchedule(config.cron ?? '', timezone, config.exclude, triggerId);
    const period = parseDuration(config.interval) ?? 1000;
    const anchor = startAt ?? (hashOf(triggerId, 'phase') * 1000) % period;
    const exclusions = config.exclude.length === 0 ? null : new Exclusions(config.exclude, timezone, triggerId);
    return new IntervalSchedule(anchor, period, exclusions);
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
    const { cron } = config;
    if (cron !== undefined) attempt('cron', 'cron_invalid', () => new CronSchedule(cron, 'UTC', [], NOBODY));
    config.exclude.forEach((line, index) => {
      attempt(`exclude[${index}]`, 'cron_invalid', () => new CronSchedule('0 0 * * *', 'UTC', [line], NOBODY));
    });
    if (faults.length > 0) return faults;
    if (this.build(config, NOBODY, null).next(Date.UTC(2024, 0, 1)) !== null) return [];
    const path = config.exclude.length > 0 ? 'exclude' : 'cron';
    return [{ path, code: 'cron_never', message: 'no instant is left: the line has none, or `exclude` cancels all' }];
  }
}

/** Those that must know whether their last execution still runs. */
function exclusiveIds(due: readonly DueTrigger<CronConfig>[]): string[] {
  return due.filter(({ trigger }) => trigger.config.overlap !== 'allow').map(({ trigger }) => trigger.id);
}

function bufferedIn(payload: unknown): readonly number[] {
  return (payload as CronTimer | null | undefined)?.buffered ?? [];
}

function seenBy(verdict: Verdict, now: Date, keyTtlMs: number): Seen {
  const seen = seenAt(verdict.at, now, keyTtlMs);
  if (!verdict.fires) return { ...seen, refused: { outcome: 'skipped', code: verdict.code, detail: verdict.detail } };
  return verdict.note === null ? seen : { ...seen, note: { code: 'overlap', detail: verdict.note } };
}

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

/** While instants wait for the end of an execution, the timer looks after that as well. null: nothing is left to do. */
function timerAt(
  trigger: Armed,
  schedule: Schedule,
  instant: number | null,
  buffered: readonly number[],
  now: Date,
): TriggerTimer | null {
  const due = instant === null ? null : dueAtOf(trigger, schedule, instant);
  if (buffered.length === 0)
    return due === null ? null : { triggerId: trigger.id, key: '', dueAt: due, payload: { instant } };
  const lookAt = now.getTime() + LOOK_AGAIN_MS;
  return {
    triggerId: trigger.id,
    key: '',
    dueAt: new Date(Math.min(lookAt, due?.getTime() ?? lookAt)),
    payload: { instant, buffered, ...(due !== null && { next_due: due.toISOString() }) },
  };
}

/** The jitter is the trigger's own and stays below the next instant, so that order is kept. */
function dueAtOf(trigger: Armed, schedule: Schedule, instant: number): Date {
  const most = parseDuration(trigger.config.jitter ?? 0) ?? 0;
  if (most === 0) return new Date(instant);
  const room = Math.max(1, Math.min(most, (schedule.next(instant) ?? Infinity) - instant));
  return new Date(instant + (hashOf(trigger.id, 'jitter') % room));
}
