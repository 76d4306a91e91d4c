import type { IncomingHttpHeaders } from 'node:http';
import type { PoolClient } from 'pg';
import type { AcceptedFile } from '../engine/engine.contract.js';
import type { BroughtFile, BroughtFiles } from '../engine/files/brought-files.js';
import type { Fault } from '../common/errors/app-error.js';
import type { TimerOrder } from '../common/timers/timer.contract.js';
import type { DtoClass } from '../common/validation/fields.js';
import type { Expression, Template } from '../definition/plan.js';

/** A trigger in force, compiled: what a type works with. Shared and never changed; an edit makes a new one. */
export interface ArmedTrigger<C extends object = object> {
  readonly id: string;
  readonly workflowId: string;
  /** The version it starts. */
  readonly version: number;
  readonly type: string;
  readonly name: string;
  readonly config: C;
  readonly filter: Expression | null;
  /** null: the type's own default, usually the payload. */
  readonly input: Template | null;
  readonly dedup: { readonly key: Template | null; readonly ttlMs: number };
  /** 1 (last) to 10 (first). */
  readonly priority: number;
  readonly mode: 'execute' | 'notify';
  /** Milliseconds since the Unix epoch, both included. */
  readonly startAt: number | null;
  readonly endAt: number | null;
  /** How long its occurrences are known by their keys: as long as the workflow's history is kept, `RETENTION` at least. */
  readonly keepMs: number;
  /** Why it records occurrences without starting anything: its own pause, or its workflow's. */
  readonly paused: string | null;
  /** Counts every change of the trigger. */
  readonly revision: number;
}

export type { AcceptedFile, BroughtFile, BroughtFiles };

/** One thing that a trigger saw, before anything was decided about it. */
export interface Seen {
  readonly occurredAt: Date;
  readonly scheduledFor: Date | null;
  readonly payload: unknown;
  /** The type's own identity of it (a cron instant, a delivery id); the trigger's `dedup.key` goes before it. */
  readonly key: string | null;
  /** How long `key` holds; null: the trigger's `dedup.ttl`. */
  readonly keyTtlMs: number | null;
  /** The input when the trigger has no mapping; undefined: the payload. */
  readonly defaultInput?: unknown;
  /** Uploads, attachments: they become files of the execution, in the transaction that accepts it. */
  readonly files?: BroughtFiles | undefined;
  /** The type has decided already: nothing starts, and this is why. */
  readonly refused?: {
    readonly outcome: 'filtered' | 'skipped' | 'rejected' | 'failed';
    readonly code: string;
    readonly detail: string;
  };
  /** The trigger's filter was asked already, for each part of it. */
  readonly isFiltered?: boolean;
  /** Why it fires late or in place of another: the reason of an occurrence that fires. */
  readonly note?: { readonly code: string; readonly detail: string };
  readonly replayOf?: string;
  /** The execution sees no secrets. */
  readonly withholdsSecrets?: boolean;
  readonly awaited?: boolean;
  /** What a caller asked for beside the input. */
  readonly order?: {
    readonly variables: Readonly<Record<string, unknown>>;
    readonly priority: number | null;
    readonly createdBy: string | null;
  };
}

export type TriggerOutcome = 'fired' | 'filtered' | 'duplicate' | 'skipped' | 'notified' | 'rejected' | 'failed';

/** What became of it. */
export interface Handled {
  readonly outcome: TriggerOutcome;
  readonly reason: { readonly code: string; readonly detail: string } | null;
  readonly occurrenceId: string | null;
  /** For a duplicate: the first one's execution. */
  readonly executionId: string | null;
  /** The execution is recorded, but as failed: the workflow's `concurrency` refused it. */
  readonly hasFailed?: boolean;
}

export interface SeenBy {
  readonly trigger: ArmedTrigger;
  readonly seen: Seen;
}

/** All that a trigger type sees of the world. */
export abstract class TriggerHost {
  /** Gives files their ids and names, so that a payload can name them before anything is recorded. */
  abstract bring(files: readonly AcceptedFile[]): BroughtFiles;
  /** Filter, input, dedup, mode; then occurrence and execution in one commit. Resolves after it. */
  abstract handle(trigger: ArmedTrigger, seen: Seen): Promise<Handled>;
  /** The same for many, inside the caller's transaction. Call `after` when it has committed. */
  abstract handleWithin(client: PoolClient, all: readonly SeenBy[]): Promise<{ handled: Handled[]; after: () => void }>;
  /** Sets or moves the trigger's timer; `due` of its type gets it. */
  abstract setTimers(client: PoolClient, timers: readonly TriggerTimer[]): Promise<void>;
  abstract cancelTimers(client: PoolClient, triggerIds: readonly string[], key?: string): Promise<void>;
  /** Whether the trigger has a timer. */
  abstract hasTimer(client: PoolClient, triggerId: string): Promise<boolean>;
  /** How many executions of each trigger have not ended. */
  abstract openExecutions(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Asks the open executions of these triggers to end. Call what it returns when the transaction has committed. */
  abstract cancelOpen(client: PoolClient, triggerIds: readonly string[], reason: string): Promise<() => void>;
  /** What the timers of these triggers carry, by trigger. Until the commit nobody else works on them. */
  abstract timerPayloads(client: PoolClient, triggerIds: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
  /** The value of a secret; undefined when there is none of this name. */
  abstract secret(name: string): Promise<string | undefined>;
  /** Faults of an expression in a config that sees `env` and `names`. */
  abstract faultsIn(path: string, source: string, names: readonly string[]): readonly Fault[];
  /** Faults of a config value in which strings may hold `{{ secrets.x }}` and `{{ env.X }}`. */
  abstract faultsInTemplate(path: string, value: unknown): readonly Fault[];
  /** Whether an expression holds over `values`, which are by `names`, and `env`. @throws when it cannot be said */
  abstract evaluate(source: string, names: readonly string[], values: Readonly<Record<string, unknown>>): boolean;
  /** A config value with secrets and `env` in place: not to be stored or shown. @throws when a secret is missing */
  abstract fill(value: unknown): Promise<unknown>;
  /** How the engine does, in numbers; executions are counted as far back as the window goes. */
  abstract figures(windowMs: number): Promise<Readonly<Record<string, unknown>>>;
  /** What would become of it, by window, pause and filter; nothing is recorded. */
  abstract judge(trigger: ArmedTrigger, seen: Seen): TriggerOutcome;
  /** This replica makes the engine's own events of these types while the trigger is attached; null: no more. */
  abstract want(triggerId: string, types: readonly string[] | null): void;
  /** The same as `report`, by the one replica that looks after the trigger, for all of them to show. */
  abstract share(triggerId: string, liveness: Partial<Liveness>): void;
  /** Commits what `work` did, or rolls it back when it throws. */
  abstract transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** What the type keeps between occurrences, by trigger; null: nothing yet. */
  abstract states(triggerIds: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
  /**
   * Until the commit nobody edits the trigger, pauses it or takes it out of force.
   * @param revision of the trigger by which `after` was made; without it, any.
   * @returns false, without a change, when somebody else has moved it from `before`, or the trigger is another or out of force.
   */
  abstract moveState(
    client: PoolClient,
    triggerId: string,
    before: unknown,
    after: unknown,
    revision?: number,
  ): Promise<boolean>;
  /**
   * Runs `work` on one replica at a time; `lost` aborts when the lease has ended. It saves work only: what must not happen
   * twice is guarded by `moveState`. @returns undefined, at once, when another replica has it.
   */
  abstract lease<T>(name: string, ttlMs: number, work: (lost: AbortSignal) => Promise<T>): Promise<T | undefined>;
  /** Says that the trigger works, or what keeps it from working. In memory, per replica. */
  abstract report(triggerId: string, liveness: Partial<Liveness>): void;
}

export interface TriggerTimer {
  readonly triggerId: string;
  readonly key: string;
  readonly dueAt: TimerOrder['dueAt'];
  readonly payload: unknown;
}

export interface DueTrigger<C extends object = object> {
  readonly trigger: ArmedTrigger<C>;
  readonly key: string;
  readonly dueAt: Date;
  readonly payload: unknown;
}

/** An event, in the JSON format of CloudEvents 1.0, for a trigger. */
export interface HeardEvent<C extends object = object> {
  readonly trigger: ArmedTrigger<C>;
  /** Of the record. */
  readonly id: string;
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly time: string;
    readonly data?: unknown;
  };
  /** It ends a chain of executions, each started by an event of the one before, that is too long. */
  readonly isTooDeep: boolean;
}

export interface Liveness {
  armedSince: Date | null;
  connectedSince: Date | null;
  lastLooked: Date | null;
  lastFired: Date | null;
  lastError: string | null;
  restarts: number;
  /** It cannot see anything at the moment; `lastError` says why. */
  isDown: boolean;
}

export interface TriggerWarning {
  readonly code: string;
  readonly message: string;
  readonly at: Date | null;
}

/** A coming instant: `at` nominal, `note` for what the clocks do to it. */
export interface PreviewedInstant {
  readonly at: Date;
  /** With the trigger's jitter. */
  readonly dueAt: Date;
  readonly timezone: string;
  readonly note: 'gap' | 'fold' | null;
}

/** Instants of the past to be fired through the ledger. */
export interface InstantRange {
  readonly from: Date;
  readonly to: Date;
  readonly limit: number;
}

/** What the public ingress passes on: the request as it came, its body unread by anybody. */
export interface PublicRequest {
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly remoteIp: string;
}

/** What is answered: a status and a JSON body, or with `isText` the body as it is, of the type that its header says. */
export interface PublicAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isText?: boolean;
  readonly body: unknown;
}

/** A delivery that was accepted: what to record, and how its sender is answered. */
export interface Delivery {
  readonly seen: Seen;
  readonly answer: 'ack' | 'wait' | 'respond';
  readonly waitMs: number;
}

/** The triggers that a delivery by a shared route may concern. */
export interface SharedTriggers<C extends object = object> {
  inForce(): Promise<readonly ArmedTrigger<C>[]>;
  /** Those of them that still are, as they are now: nobody edits, pauses or withdraws them until the commit. */
  hold(client: PoolClient, triggers: readonly ArmedTrigger[]): Promise<ReadonlyMap<string, ArmedTrigger>>;
}

export interface SharedRouteStatus {
  /** `refusing`: it takes nothing, and `detail` says why. */
  readonly status: 'ready' | 'refusing';
  readonly detail: string | null;
  readonly more: Readonly<Record<string, unknown>>;
}

/** Where a trigger of this type is reached. `shape` is the path with `:` for every parameter. */
export interface PublicRoute {
  readonly method: string;
  readonly path: string;
  readonly shape: string;
}

/**
 * A trigger type. One folder under `types/` holds its class and its config DTO, one line in `trigger-types.ts` adds it.
 * One instance a process; the triggers themselves are data.
 */
export abstract class BaseTrigger<C extends object = object> {
  /** `snake_case`, unique among types and aliases. */
  abstract readonly type: string;
  readonly aliases: readonly string[] = [];
  abstract readonly title: string;
  abstract readonly description: string;
  abstract readonly config: DtoClass<C>;
  /** Each replica keeps triggers of this type in memory (routes, connections); others are read when they are due. */
  readonly isResident: boolean = false;

  /** Faults beyond the DTO's rules, paths relative to `config`. */
  validate(_config: C): readonly Fault[] {
    return [];
  }

  /** What is not wrong but should be known at deployment. */
  warnings(_config: C, _triggerId: string, _now: Date): readonly TriggerWarning[] | Promise<readonly TriggerWarning[]> {
    return [];
  }

  /** The durable half, in the deployment's transaction: timers. Called again on every redeploy and edit. */
  arm(_client: PoolClient, _trigger: ArmedTrigger<C>, _change: ArmingChange): Promise<void> {
    return Promise.resolve();
  }

  /** Takes back what `arm` has set. `triggers`: the same, as they were in force. */
  disarm(_client: PoolClient, _triggerIds: readonly string[], _triggers: readonly ArmedTrigger<C>[]): Promise<void> {
    return Promise.resolve();
  }

  /** The half in memory, on every replica and after every restart. Throwing lets the manager try again with back-off. */
  attach(_trigger: ArmedTrigger<C>): Promise<void> {
    return Promise.resolve();
  }

  detach(_triggerId: string): Promise<void> {
    return Promise.resolve();
  }

  /** Its timers are due: the transaction that removes them. Work on all at once. @returns what runs after the commit. */
  due(_client: PoolClient, _due: readonly DueTrigger<C>[], _now: Date): Promise<() => void> {
    throw new Error(`${this.type} sets no timers`);
  }

  /** Whether triggers of this type hear events. */
  readonly isListener: boolean = false;

  /** Whether such a trigger wants this event. */
  wants(_config: C, _event: HeardEvent['event']): boolean {
    return false;
  }

  /** Events that these triggers want, in the transaction that delivers them; may come again. @returns what runs after. */
  hear(_client: PoolClient, _heard: readonly HeardEvent<C>[]): Promise<() => void> {
    throw new Error(`${this.type} hears no events`);
  }

  /** Public routes of a config; the routes of all triggers in force are unique. */
  routes(_config: C): readonly PublicRoute[] {
    return [];
  }

  /** Whether deliveries reach triggers of this type by the public routes. */
  readonly isReceiver: boolean = false;

  /** The methods that its deliveries may come by. */
  methods(_config: C): readonly string[] {
    return [];
  }

  /** Whether a start by hand must be confirmed by a second call. */
  needsConfirmation(_config: C): boolean {
    return false;
  }

  /** The input of an execution when the trigger maps none. */
  defaultInput(payload: unknown): unknown {
    return payload;
  }

  /** Checks a delivery, before anything is recorded. @throws DeliveryRefusedError */
  receive(_trigger: ArmedTrigger<C>, _request: PublicRequest): Promise<Delivery> {
    throw new Error(`${this.type} receives no deliveries`);
  }

  /** The largest body that is read for a trigger; bytes. */
  maxBody(_config: C): number {
    return 1_048_576;
  }

  /** A public route that all triggers of the type share, below `/api/v1/public/`; null: none. */
  readonly sharedRoute: string | null = null;

  /**
   * A delivery by the shared route. `triggers` tells which it may concern: after its sender was checked.
   * @throws DeliveryRefusedError
   */
  receiveShared(_request: PublicRequest, _triggers: SharedTriggers<C>): Promise<PublicAnswer> {
    throw new Error(`${this.type} has no route of its own`);
  }

  /** How the shared route does, for everybody to see. */
  sharedStatus(): Promise<SharedRouteStatus> {
    throw new Error(`${this.type} has no route of its own`);
  }

  /** Whether an execution that comes of this payload must not see secrets: somebody untrusted has a say in it. */
  withholdsSecrets(_payload: unknown): boolean {
    return false;
  }

  /** The next instants, for types that have some. */
  preview(_trigger: ArmedTrigger<C>, _from: Date, _count: number): readonly PreviewedInstant[] | null {
    return null;
  }

  /** Nominal instants in a range of the past, oldest first, for types that can be backfilled. */
  instantsIn(_trigger: ArmedTrigger<C>, _range: InstantRange): readonly Seen[] | null {
    return null;
  }

  /** What a reader of the trigger may see of the state that the type keeps; null: nothing. */
  stateView(_state: unknown): unknown {
    return null;
  }

  /**
   * Why an attached trigger sees nothing at the moment; null: nothing is wrong. Asked once a second. While something is, it
   * is attached again, with back-off, without having been detached.
   */
  down(_trigger: ArmedTrigger<C>): string | null {
    return null;
  }

  /** Whether a trigger in force has a timer (with key '') now: one that has lost it is armed again. */
  needsTimer(_trigger: ArmedTrigger<C>, _now: Date): boolean {
    return false;
  }
}

export interface ArmingChange {
  /** What the trigger's occurrences follow from (config, start, end) differs from before, or it was not in force. */
  readonly isNew: boolean;
  /** The database's time. */
  readonly now: Date;
}
