import { createHash } from 'node:crypto';
import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { Connections } from '../../../common/connections/connections.js';
import { missingConnection } from '../../../common/connections/missing-connection.js';
import { parseDuration } from '../../../common/duration.js';
import type { Fault } from '../../../common/errors/app-error.js';
import { OutgoingHttp } from '../../../common/http/outgoing-http.js';
import { newId } from '../../../common/ids.js';
import { Redactor } from '../../../common/logging/redactor.js';
import { SqlClients } from '../../../common/sql/sql-clients.js';
import {
  BaseTrigger,
  TriggerHost,
  type ArmedTrigger,
  type ArmingChange,
  type DueTrigger,
  type Seen,
  type TriggerWarning,
} from '../../trigger.contract.js';

import { ConditionConfig } from './condition.dto.js';
import {
  advance,
  armedAgain,
  fired,
  freshState,
  nextLook,
  type ConditionRules,
  type ConditionState,
  type Reading,
  type Step,
} from './condition-state.js';
import { Evaluations } from './evaluations.js';
import { Observer, patienceOf, SOURCES, type Observed } from './observe.js';

type Armed = ArmedTrigger<ConditionConfig>;

/** How many conditions a replica evaluates at once. */
const MOST_AT_ONCE = 50;
/** Beside its patience with the sources, an evaluation may take so long before another replica takes it over. */
const LEASE_MS = 5_000;
const LONGEST_ERROR = 1_000;
/** Of what was seen, as JSON, characters: more is not kept, and says so. */
const MOST_KEPT = 16_384;

/** An evaluation: whose turn it is, and when it began by the database's clock. */
interface Turn {
  readonly trigger: Armed;
  readonly id: string;
  readonly at: number;
  readonly since: number;
}

/**
 * Polls are durable timers. Who claims one evaluates: the timer is set to the end of its lease, and when the evaluation is
 * done, state, occurrence and next timer commit together. Whatever happens in between costs a look, never an edge.
 */
@Injectable()
export class ConditionTrigger extends BaseTrigger<ConditionConfig> implements BeforeApplicationShutdown {
  override readonly type = 'condition';
  override readonly title = 'Condition';
  override readonly description =
    'Fires when an expression over a URL, a query or the metrics of the engine turns true.';
  override readonly config = ConditionConfig;
  private readonly log = new Logger(ConditionTrigger.name);
  private readonly evaluations = new Evaluations(MOST_AT_ONCE);
  private readonly observer: Observer;

  constructor(
    private readonly host: TriggerHost,
    private readonly redactor: Redactor,
    outgoing: OutgoingHttp,
    private readonly connections: Connections,
    clients: SqlClients,
  ) {
    super();
    this.observer = new Observer(host, outgoing, connections, clients);
  }

  override validate(config: ConditionConfig): readonly Fault[] {
    const sources = SOURCES.filter((name) => config[name] !== undefined);
    if (sources.length === 0) return [{ path: '', code: 'field_required', message: 'give http, sql or metrics' }];
    const faults = [...this.host.faultsIn('expression', config.expression, sources)];
    const { http } = config;
    if (http !== undefined) {
      const { url, headers, body } = http;
      faults.push(...this.host.faultsInTemplate('http', { url, headers, body }));
      if (!url.includes('{{') && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
        faults.push({ path: 'http.url', code: 'url_invalid', message: 'a URL begins with http:// or https://' });
    }
    if (millisecondsOf(config.interval) < 1_000)
      faults.push({ path: 'interval', code: 'interval_too_short', message: 'an interval is 1 s or longer' });
    return faults;
  }

  override warnings({ sql }: ConditionConfig): Promise<readonly TriggerWarning[]> {
    return sql === undefined ? Promise.resolve([]) : missingConnection(this.connections, sql.connection, 'database');
  }

  /** What was seen of the same condition is kept; the first look is at once, or at `start_at`. */
  override async arm(client: PoolClient, trigger: Armed, { isNew, now }: ArmingChange): Promise<void> {
    if (!isNew && (await this.host.hasTimer(client, trigger.id))) return;
    const before = await this.stateOf(trigger.id);
    const basis = basisOf(trigger.config);
    const state = before?.basis === basis ? armedAgain(before, newId()) : freshState(basis, newId());
    await this.host.moveState(client, trigger.id, before, state);
    await this.setTimer(client, trigger, Math.max(now.getTime(), trigger.startAt ?? 0), null);
  }

  override async disarm(client: PoolClient, triggerIds: readonly string[]): Promise<void> {
    await this.host.cancelTimers(client, triggerIds);
  }

  /** Nothing is evaluated here: whoever polls somebody else holds up no other timer. */
  override async due(client: PoolClient, due: readonly DueTrigger<ConditionConfig>[], now: Date): Promise<() => void> {
    const at = now.getTime();
    const since = performance.now();
    const turns: Turn[] = due
      .filter(({ trigger: { endAt } }) => endAt === null || at <= endAt)
      .map(({ trigger }) => ({ trigger, id: newId(), at, since }));
    for (const { trigger, id } of turns)
      await this.setTimer(client, trigger, at + patienceOf(trigger.config) + LEASE_MS, id);
    return () => {
      for (const turn of turns) this.evaluations.start((signal) => this.evaluate(turn, signal));
    };
  }

  override needsTimer({ endAt }: Armed, now: Date): boolean {
    return endAt === null || now.getTime() <= endAt;
  }

  override stateView(state: unknown): unknown {
    if (state === null || state === undefined) return null;
    const { result, value, evaluatedAt, since, firedAt, error } = state as ConditionState;
    const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
    return {
      result,
      value,
      evaluated_at: time(evaluatedAt),
      true_since: time(since),
      last_fired: time(firedAt),
      error,
    };
  }

  /** Its evaluations end before what they write to. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.evaluations.stop();
  }

  private async evaluate(turn: Turn, signal: AbortSignal): Promise<void> {
    const { trigger } = turn;
    try {
      const before = await this.stateOf(trigger.id);
      const reading = await this.read(turn, signal);
      // What was cut off has seen nothing: the timer comes again when the lease is over.
      if (signal.aborted || before === null) return;
      const after = await this.host.transaction((client) => this.record(client, turn, before, reading));
      after();
      this.report(trigger, reading);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ReplacedError) await this.lookAgain(turn).catch(() => undefined);
      else this.log.warn({ message: `condition ${trigger.id} could not be recorded`, err: error });
    }
  }

  /** It was edited or paused meanwhile: what it is now is looked at at once, unless it is somebody else's turn by now. */
  private async lookAgain(turn: Turn): Promise<void> {
    const { trigger, id } = turn;
    await this.host.transaction(async (client) => {
      const timer = (await this.host.timerPayloads(client, [trigger.id])).get(trigger.id) as { turn?: string } | null;
      if (timer?.turn === id) await this.setTimer(client, trigger, timeIn(turn), null);
    });
  }

  private async read(turn: Turn, signal: AbortSignal): Promise<Reading> {
    const { config } = turn.trigger;
    const end = (): number => timeIn(turn);
    try {
      const observed = this.redactor.value(await this.observer.look(config, signal)) as Observed;
      const sources = SOURCES.filter((name) => config[name] !== undefined);
      const result = this.host.evaluate(config.expression, sources, { ...observed });
      return { result, at: end(), value: keepable(observed), error: null };
    } catch (error) {
      const message = this.redactor.text(error instanceof Error ? error.message : String(error));
      return { result: null, at: end(), value: null, error: message.slice(0, LONGEST_ERROR) };
    }
  }

  /** @returns what runs after the commit. @throws ReplacedError when somebody else has had the turn, or it is not in force */
  private async record(
    client: PoolClient,
    { trigger, id }: Turn,
    before: ConditionState,
    reading: Reading,
  ): Promise<() => void> {
    const { config } = trigger;
    const rules = rulesOf(config);
    const step = advance(before, reading, rules);
    // Takes the row of the trigger, so that nobody disarms, edits or pauses it meanwhile.
    if (!(await this.host.moveState(client, trigger.id, before, step.state, trigger.revision)))
      throw new ReplacedError();
    const timer = (await this.host.timerPayloads(client, [trigger.id])).get(trigger.id) as { turn?: string } | null;
    if (timer?.turn !== id) throw new ReplacedError();
    const after = await this.fire(client, trigger, step, reading);
    const next = nextLook(step.state, reading.at, millisecondsOf(config.interval), rules);
    await this.setTimer(client, trigger, next, null);
    return after;
  }

  private async fire(
    client: PoolClient,
    trigger: Armed,
    { state, verdict }: Step,
    { at }: Reading,
  ): Promise<() => void> {
    if (verdict === 'none') return () => undefined;
    const seen = seenOf(trigger, state, verdict, at);
    const { handled, after } = await this.host.handleWithin(client, [{ trigger, seen }]);
    const outcome = handled[0]?.outcome;
    if (outcome === 'fired' || outcome === 'notified') {
      if (!(await this.host.moveState(client, trigger.id, state, fired(state, at)))) throw new ReplacedError();
    }
    return after;
  }

  private report({ id }: Armed, { at, error }: Reading): void {
    this.host.share(id, { lastLooked: new Date(at), lastError: error, isDown: error !== null });
  }

  private async stateOf(triggerId: string): Promise<ConditionState | null> {
    return ((await this.host.states([triggerId])).get(triggerId) ?? null) as ConditionState | null;
  }

  private async setTimer(client: PoolClient, { id, config }: Armed, at: number, turn: string | null): Promise<void> {
    const next = turn === null ? at : Date.now() + millisecondsOf(config.interval);
    const payload = { turn, next_due: new Date(next).toISOString() };
    await this.host.setTimers(client, [{ triggerId: id, key: '', dueAt: new Date(at), payload }]);
  }
}

/** Now, by the database's clock. */
function timeIn({ at, since }: Turn): number {
  return Math.round(at + performance.now() - since);
}

/** Somebody else has gone on from the state that this evaluation began with. */
class ReplacedError extends Error {}

function seenOf(trigger: Armed, state: ConditionState, verdict: Step['verdict'], at: number): Seen {
  const { expression, mode, cooldown } = trigger.config;
  const payload = {
    expression,
    result: true,
    true_since: new Date(state.since ?? at).toISOString(),
    evaluated_at: new Date(at).toISOString(),
    ...(state.value as object | null),
  };
  const detail = `it fired less than ${cooldown ?? 0} ago`;
  return {
    occurredAt: new Date(at),
    scheduledFor: null,
    payload,
    key: `${state.armed}:${mode}:${new Date(at).toISOString()}`,
    keyTtlMs: null,
    ...(verdict === 'cooldown' && { refused: { outcome: 'skipped' as const, code: 'cooldown', detail } }),
  };
}

function rulesOf({ mode, for: long, cooldown }: ConditionConfig): ConditionRules {
  return { mode, forMs: millisecondsOf(long ?? 0), cooldownMs: millisecondsOf(cooldown ?? 0) };
}

function millisecondsOf(duration: string | number): number {
  return parseDuration(duration) ?? 0;
}

/** Another question than before has no last answer. */
function basisOf({ expression, http, sql, metrics, mode }: ConditionConfig): string {
  return createHash('sha256')
    .update(JSON.stringify([expression, http, sql, metrics, mode]))
    .digest('hex')
    .slice(0, 16);
}

/** What is seen is stored with the trigger and with each occurrence: too much of it is left out, and says so. */
function keepable(observed: Observed): object {
  return Object.fromEntries(
    Object.entries(observed).map(([name, value]: [string, unknown]) => {
      const size = JSON.stringify(value).length;
      return [name, size > MOST_KEPT ? { omitted: `it has ${size} characters` } : value];
    }),
  );
}
