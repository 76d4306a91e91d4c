import type { Clock } from '../../common/clock.js';
import type { Connections } from '../../common/connections/connections.js';
import type { GroupCommit } from '../../common/database/group-commit.js';
import type { Redactor } from '../../common/logging/redactor.js';
import type { Hooks } from '../../common/plugins/hooks.js';
import type { Tracing } from '../../common/tracing/tracing.js';
import type { NodeTools, NodeType, StepJournal } from '../../nodes/node.contract.js';
import type { ExecutionFiles } from '../files/execution-files.service.js';
import type { ToldText } from '../live/live-tokens.js';
import type { Slots } from './slots.js';
import type { StepAnswer } from './step-record.js';
import type { CheckpointStatement } from './checkpoint.statement.js';

/** The node types as a run needs them. */
export interface StepTypes {
  get(type: string): NodeType;
  describe(type: string): ReturnType<NodeTools['describe']>;
  /** A resolved config as the type's own class, defaults applied. @throws NodeError `config_invalid` */
  resolve(type: string, config: unknown): object;
}

/** Port: values of secrets, for step configs only. */
export abstract class SecretValues {
  abstract get(name: string): Promise<string | undefined>;
}

/** Takes what must never surface out of outputs, errors and logs. */
export type Redaction = Pick<Redactor, 'text' | 'value'>;

export interface EndedStep {
  readonly executionId: string;
  readonly workflowId: string;
  /** Of the execution. */
  readonly triggerType: string;
  readonly stepPath: string;
  readonly type: string;
  readonly status: string;
  readonly attempt: number;
  readonly durationMs: number;
  /** Of a test run: not to be counted. */
  readonly isTest: boolean;
  /** null when it did not fail. */
  readonly errorCode: string | null;
}

/** Whose journal it is; `attempt` is the execution's. */
export interface JournalOwner {
  readonly stepExecutionId: string;
  readonly executionId: string;
  readonly epoch: number;
  readonly attempt: number;
}

/** What every run of a process shares. */
export interface RunServices {
  readonly types: StepTypes;
  readonly secrets: SecretValues;
  readonly connections: Connections;
  readonly redaction: Redaction;
  readonly commit: GroupCommit;
  readonly checkpoint: CheckpointStatement;
  readonly clock: Clock;
  readonly slots: Slots;
  readonly env: Readonly<Record<string, string>>;
  /** What was answered to these waiting steps until now, by step execution. */
  readonly answersOf: (
    steps: readonly { readonly id: string; readonly attempt: number }[],
  ) => Promise<ReadonlyMap<string, StepAnswer>>;
  readonly files: ExecutionFiles;
  readonly journalOf: (owned: JournalOwner) => StepJournal;
  /** The time of these waiting steps is up. Returns what was answered before; no later answer counts. */
  readonly closeAnswers: (
    owned: { readonly executionId: string; readonly epoch: number },
    steps: readonly { readonly id: string; readonly attempt: number }[],
  ) => Promise<ReadonlyMap<string, StepAnswer>>;
  /** Told of each step execution that ended, for metrics and the server's log. */
  readonly onStepEnd: (step: EndedStep) => void;
  /** Left out: no plugin listens. */
  readonly hooks?: Hooks | undefined;
  /** Left out: no traces are sent. */
  readonly tracing?: Tracing | undefined;
  readonly onRetry: (type: string) => void;
  /** Told what a step shows to those who watch it now. */
  readonly onText: (piece: ToldText) => void;
  /** Told after each commit that changed an execution, for those who watch it. */
  readonly onChange: (executionId: string) => void;
}
