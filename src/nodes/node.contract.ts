import type { Connections } from '../common/connections/connections.js';
import type { Fault } from '../common/errors/app-error.js';
import type { Effect, NestedScope, NodeKind } from '../definition/type-catalogue.js';

/** A constructor of a config DTO: class-validator rules on its fields give validation and JSON Schema. */
export type ConfigClass<C extends object> = new () => C;

/**
 * A node type. One folder under `types/` holds its class and its config DTO, one line in `node-types.ts` adds it.
 * The class describes itself; the registry refuses a duplicate name or a missing part when the server starts.
 */
export abstract class NodeType<C extends object = object> {
  /** The step type in a definition; `snake_case`, unique. */
  abstract readonly type: string;
  abstract readonly kind: NodeKind;
  abstract readonly title: string;
  /** One or two sentences for the catalogue. */
  abstract readonly description: string;
  abstract readonly config: ConfigClass<C>;
  /** Output ports in the nodes form; `cases[*]` stands for every index. */
  readonly ports: readonly string[] = ['out'];
  /** Config fields that are expressions with or without braces; see `NodeTypeDescription.expressionFields`. */
  readonly expressionFields: readonly string[] = [];

  /** Whether repeating the step with this (unresolved) config may do harm. */
  abstract effect(config: Readonly<Record<string, unknown>>): Effect;

  /** Steps inside this config. */
  nested(_config: Readonly<Record<string, unknown>>): readonly NestedScope[] {
    return [];
  }

  /** Names that expressions inside a nested scope may use beside the usual ones. */
  scopeNames(_config: Readonly<Record<string, unknown>>, _scope: string): readonly string[] {
    return [];
  }

  /**
   * Faults that one field's rules cannot see: two fields together, or a setting of this server. Asked at validation,
   * when values may still be templates, and again before each attempt.
   */
  faults(_config: C): readonly Fault[] {
    return [];
  }

  /** The output of a step that returned `fan_out`; results in the order of scopes or passes, those that ran only. */
  gather(_results: readonly FanOutResult[]): unknown {
    return null;
  }

  /** In a test run: what comes of an output that stands in for the work. Types that choose a way go by what it says. */
  mocked(output: unknown): NodeOutcome {
    return done(output);
  }

  /**
   * Does the work of one attempt. `ctx.config` is resolved and validated. Returns an outcome; a thrown error is a
   * failed attempt: `NodeError` says its code and whether it may be retried, anything else is `internal` and may.
   */
  abstract execute(ctx: NodeContext<C>): Promise<NodeOutcome> | NodeOutcome;
}

/** All that a node type sees of the world. */
export interface NodeContext<C extends object = object> {
  readonly config: C;
  /** The step's `input_mapping`, evaluated; without one, the execution's input. */
  readonly input: unknown;
  readonly executionId: string;
  readonly workflowId: string;
  readonly stepPath: string;
  /** From 1. */
  readonly attempt: number;
  /** `<execution id>:<step path>`: the same for every attempt, for receivers that can deduplicate. */
  readonly idempotencyKey: string;
  /** A test run, whose mocks hold within this execution only. */
  readonly isTest?: boolean;
  /** The files of the execution; out of reach for pure steps. */
  readonly files: StepFiles;
  /** Aborted on timeout, cancel and shutdown; `signal.reason` is an `AbortReason`. */
  readonly signal: AbortSignal;
  /** Connections by id or name, opened now. What is in them goes nowhere but to the other system. */
  readonly connections: Pick<Connections, 'get'>;
  /** The database's time, milliseconds since 1970: when a step waits, no clock of a replica may say until when. */
  readonly now: () => number;
  /** Writes to the execution's log; secrets are redacted on the way. */
  readonly log: StepLog;
  /**
   * Shows a piece of text to whoever watches the execution now; it is kept nowhere. What could be the beginning of a
   * secret is held back until more comes, or until `isLast`: what follows then begins a text of its own.
   */
  readonly tell?: (text: string, isLast?: boolean) => void;
  /** What this step has done inside itself; left out for pure steps. */
  readonly journal?: StepJournal;
  /** Other node types, for a step that uses them as tools. */
  readonly nodes?: NodeTools;
  /** Of the step execution: the same for every attempt. */
  readonly stepExecutionId: string;
  /** What an earlier `wait` or `suspend` outcome of this attempt left, when the step is entered again; else null. */
  readonly resumed: Resumed | null;
}

/**
 * Checkpoints inside a step: what is written is committed before `write` resolves, and found by every later attempt,
 * also in another process. A retry of the execution begins with an empty one.
 */
export interface StepJournal {
  read(): Promise<ReadonlyMap<string, unknown>>;
  /** Once a key. Plain JSON; secrets are redacted. @throws NodeError when another owner has taken the execution */
  write(key: string, value: unknown): Promise<void>;
}

export interface NodeTools {
  /** @throws NodeTypeNotFoundError */
  describe(type: string): {
    readonly kind: NodeKind;
    readonly description: string;
    readonly schema: Readonly<Record<string, unknown>>;
  };
  /** One attempt with this config, which holds values only: templates in it are text. @throws NodeError */
  run(type: string, config: unknown, as: Pick<NodeContext, 'idempotencyKey' | 'signal' | 'log'>): Promise<NodeOutcome>;
}

export interface Resumed {
  readonly state: unknown;
  /** What a suspended step was waiting for; null when its time came first, and after a `wait`. */
  readonly answer: { readonly value: unknown } | null;
}

export type { NestedScope } from '../definition/type-catalogue.js';

/** A file of the execution, as outputs and the API show it. */
export interface FileEntry {
  readonly id: string;
  /** Unique within the execution. */
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Of the content, in hex. */
  readonly sha256: string;
  /** The step that wrote it; null when it came with what started the execution. */
  readonly step_path: string | null;
  /** Where it is downloaded. */
  readonly url: string;
}

/** What a file may be written from. Text is written as UTF-8, secrets redacted; bytes are written as they are. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface WriteOptions {
  /** Media type; default `application/octet-stream`. */
  readonly type?: string | undefined;
  /** What becomes of a name that another step has taken. Default `fail`; `rename` writes `name-2`. */
  readonly ifTaken?: 'fail' | 'replace' | 'rename';
  readonly signal: AbortSignal;
}

/** The files of an execution. Errors: `file_not_found`, `file_name_invalid`, `file_exists`, `file_too_large`, `files_too_large`. */
export interface StepFiles {
  list(): Promise<readonly FileEntry[]>;
  read(nameOrId: string): Promise<FileEntry & { readonly content: AsyncIterable<Buffer> }>;
  /** Replaces what this step has written under this name: writing again is harmless. */
  write(name: string, content: FileContent, options: WriteOptions): Promise<FileEntry>;
}

export type AbortReason = 'timeout' | 'cancelled' | 'shutdown' | 'replaced';

export interface StepLog {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}

/** How an attempt ended. Outcomes are values; only failures may also be thrown. */
export type NodeOutcome =
  | { readonly kind: 'done'; readonly output: unknown; readonly port?: string }
  /**
   * Take the branch `port`: run the steps of `scope`, then complete with `output`. A `scope` that the step does not
   * hold (an `else` that was not written, the nodes form) is a branch without steps, as `scope: null` is.
   */
  | { readonly kind: 'enter'; readonly scope: string | null; readonly port: string; readonly output: unknown }
  /** Run several scopes, or one scope again and again; then complete with what the type's `gather` makes of it. */
  | { readonly kind: 'fan_out'; readonly fanOut: FanOut }
  /** Hold no slot until then; `state` comes back in `ctx.resumed`. A time that has passed resumes at once. */
  | { readonly kind: 'wait'; readonly until: Date; readonly state: unknown }
  /**
   * Hold no slot until somebody answers, or until `until` (null: for as long as it takes); then the step is entered
   * again with `ctx.resumed`. What the request asks for is opened with the commit that records the wait.
   */
  | {
      readonly kind: 'suspend';
      readonly request: SuspendRequest;
      readonly until: Date | null;
      readonly state: unknown;
      /** Shown with the waiting step, for whoever shall answer. */
      readonly shows?: { readonly token?: string; readonly url?: string; readonly execution_id?: string };
    }
  /** The request that awaits the execution is answered with this, unless an earlier step has; then the step is done. */
  | { readonly kind: 'respond'; readonly output: WebhookResponse }
  /** The execution ends now, as completed, with this output; what else runs is cancelled. */
  | { readonly kind: 'stop'; readonly output: unknown }
  /** The attempt failed and says itself when to try again, within the step's retry policy. */
  | { readonly kind: 'retry'; readonly after: number; readonly error: NodeFailure }
  /** `output`: what the attempt has come to in spite of it, shown beside the error. */
  | { readonly kind: 'fail'; readonly error: NodeFailure; readonly output?: unknown };

/** What a suspended step waits for; the engine's part of that name opens it. */
export interface SuspendRequest {
  readonly for: SuspendFor;
  /** Plain JSON, of the shape that this part asks for. */
  readonly payload: unknown;
  /** The engine adds the step's late expressions, each with the values that it reads (secrets are left out). */
  readonly late?:
    | Readonly<Record<string, { readonly source: string; readonly names: Readonly<Record<string, unknown>> }>>
    | undefined;
}

export type SuspendFor = 'approval' | 'event' | 'child';

/** What a webhook's sender is answered; header names in lower case. */
export interface WebhookResponse {
  readonly status_code: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text is sent as it is, null as no body, anything else as JSON. */
  readonly body: unknown;
}

/** What a step asks for that waits for `child`. */
export type ChildRequest =
  /** One execution of a workflow. `wait: false`: the step goes on as soon as it is recorded. */
  | {
      readonly kind: 'workflow';
      /** Made with the request, so that whoever looks at the step sees which execution it waits for. */
      readonly execution_id: string;
      /** Id or slug. */
      readonly workflow: string;
      /** null: the deployed version, or else the latest. */
      readonly version: number | null;
      readonly input: unknown;
      readonly wait: boolean;
    }
  /** One execution for each item, of the steps in this step's only scope. */
  | {
      readonly kind: 'passes';
      readonly items: readonly unknown[];
      readonly item_name: string | null;
      /** How many may run at once; from 1. */
      readonly limit: number;
      /** `stop`: with the first that fails nobody waits for the others. */
      readonly failures: 'stop' | 'ignore';
    };

/** The answer to a `ChildRequest`. */
export type ChildAnswer =
  | {
      readonly kind: 'workflow';
      readonly execution_id: string;
      readonly status: string;
      readonly output: unknown;
      readonly error: unknown;
    }
  /** In order; those that have ended. `stopped`: a `stop` step in one of them ends the execution, with this output. */
  | { readonly kind: 'passes'; readonly results: readonly FanOutResult[]; readonly stopped?: unknown }
  /** Nothing was started. */
  | { readonly kind: 'refused'; readonly error: NodeFailure };

/** Which scopes run, how many at once, and when they are enough. Plain JSON: it is kept with the step execution. */
export interface FanOut {
  /** Different scopes once each; or one scope, for each item or as long as its late expression `while` is true. */
  readonly over:
    | { readonly scopes: readonly string[] }
    | { readonly scope: string; readonly items: readonly unknown[]; readonly itemName: string | null }
    | { readonly scope: string; readonly most: number; readonly itemName: string | null };
  /** How many may be open at once; from 1. */
  readonly limit: number;
  /** How many must complete; those left over then are cancelled. null: all run, and none may fail. */
  readonly enough: number | null;
  /**
   * `stop`: the step fails, and cancels what is left over, as soon as `enough` can no longer be reached. `finish`: it
   * fails too, but only when the others have ended. `ignore`: failures are results like others.
   */
  readonly failures: 'stop' | 'finish' | 'ignore';
}

/** How one scope of a fan-out, or one pass through it, has ended. */
export interface FanOutResult {
  /** The branch's name, or the pass's position. */
  readonly name: string;
  readonly status: 'completed' | 'failed' | 'cancelled';
  /** The output of its last step that ran; null when there was none. */
  readonly output: unknown;
  readonly error: { readonly code: string; readonly message: string; readonly step_path?: string } | null;
}

export interface NodeFailure {
  /** Stable, `snake_case`: `http_503`, `timeout`, `script_failed`. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: unknown;
  /** Of the step inside that failed it. */
  readonly step_path?: string;
}

export const done = (output: unknown): NodeOutcome => ({ kind: 'done', output });
