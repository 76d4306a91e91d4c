import type { Fault } from '../common/errors/app-error.js';

/** What repeating a step may do: nothing at all, the same again, or a second effect. */
export type Effect = 'pure' | 'idempotent' | 'once';

export type NodeKind =
  'TRIGGER' | 'AI_AGENT' | 'EXTERNAL_ACTION' | 'ACTION' | 'FLOW' | 'HUMAN_LOOP' | 'TOOL' | 'MEMORY';

/** A place in a step's config that holds steps of its own, e.g. `then` of a condition. */
export interface NestedScope {
  /** The scope's name: the branch that runs it (`then`, `else`, `cases[0]`, `body`). */
  name: string;
  /** The output port that leads to it in the nodes form: `true`, `false`, `body`. */
  port: string;
  /** Where in `config` its steps stand: `['then']`, `['cases', 0, 'steps']`. */
  at: readonly (string | number)[];
}

/** What the definition module must know of a node type; the nodes module's registry fills it at composition. */
export interface NodeTypeDescription {
  type: string;
  kind: NodeKind;
  title: string;
  description: string;
  /** Output ports in the nodes form; `cases[*]` stands for every index. A type without branches has `['out']`. */
  ports: readonly string[];
  /** The effect class; of some types it depends on the config (an `http` GET is idempotent, a POST is not). */
  effect(config: Readonly<Record<string, unknown>>): Effect;
  /** The steps inside this config; empty for types that hold none. */
  nested(config: Readonly<Record<string, unknown>>): readonly NestedScope[];
  /**
   * Faults of a config before templates are resolved, paths relative to `config`. Values that hold `{{ … }}` are
   * checked again at run time, after they are resolved; nested steps are left out of what is checked.
   */
  check(config: Readonly<Record<string, unknown>>): readonly Fault[];
  /**
   * Config fields that are expressions with or without braces (`condition.expression`, `loop.while`): paths below
   * `config`, `*` for every list item.
   */
  expressionFields: readonly string[];
  /**
   * Those of `expressionFields` that are not evaluated with the config but later, by whoever knows more names (`match`
   * of an event, `while` of a loop): the resolved config holds their CEL text without braces. Default: `while`, `match`.
   */
  lateFields?: readonly string[];
  /** Names that expressions inside the nested scopes may use beside the usual ones (`item`, `index`). */
  scopeNames?(config: Readonly<Record<string, unknown>>, scope: string): readonly string[];
  /** JSON Schema of the config. */
  schema: Readonly<Record<string, unknown>>;
}

export interface TriggerTypeDescription {
  type: string;
  /** Other names of the same type: `schedule` for `cron`. */
  aliases: readonly string[];
  title: string;
  description: string;
  /** Faults of a trigger's config, paths relative to `config`. */
  check(config: Readonly<Record<string, unknown>>): readonly Fault[];
  schema: Readonly<Record<string, unknown>>;
}

/** Port: what node and trigger types exist. `definition` only reads it. */
export abstract class TypeCatalogue {
  abstract nodeType(type: string): NodeTypeDescription | undefined;
  abstract triggerType(type: string): TriggerTypeDescription | undefined;
  abstract nodeTypes(): readonly NodeTypeDescription[];
  abstract triggerTypes(): readonly TriggerTypeDescription[];
  /** How long an execution may take whose definition does not say; null: unknown. */
  readonly executionTimeoutMs: number | null = null;
}
