import type { Names } from '../../definition/plan.js';
import type { NodeOutcome, NodeType, Resumed } from '../../nodes/node.contract.js';
import { NodeError } from '../../nodes/nodes.errors.js';
import type { PlacedStep } from '../planner/planner.js';
import type { AttemptContext } from './attempt.js';
import { INTERRUPTED, TIMEOUT, toFailure } from './failure.js';
import type { Mock } from './mocks.js';
import { isRefused } from './run-again.js';
import type { RunScope } from './run-scope.js';
import { shownInput } from './shown-input.js';
import { StepContexts } from './step-contexts.js';
import type { StepOutcomes } from './step-outcomes.js';
import { StepRecord, suspendedFor } from './step-record.js';
import { isWithheldFrom, WITHHELD_SECRETS } from './withheld.js';

export interface PreparedStep {
  readonly record: StepRecord;
  readonly node: NodeType;
  readonly context: AttemptContext;
}

/** Takes single steps to the beginning of their attempts; those without effects to the end. */
export class StepRunner {
  private readonly contexts: StepContexts;

  constructor(
    private readonly run: RunScope,
    private readonly outcomes: StepOutcomes,
  ) {
    this.contexts = new StepContexts(run);
  }

  async loadSecrets(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const { claimed, services, book } = this.run;
    if (isWithheldFrom(claimed)) {
      book.names.secrets = WITHHELD_SECRETS;
      return;
    }
    const values: Record<string, string> = {};
    for (const name of names) {
      const value = await services.secrets.get(name);
      if (value !== undefined) values[name] = value;
    }
    book.names.secrets = values;
  }

  /**
   * Makes a step ready to run: `when`, config and input are evaluated, and it counts as running from here.
   * @param next a step that is reached for the first time, or one that has waited.
   * @returns null when it ended right here: skipped by `when`, mocked, or failed by an expression or its config.
   */
  prepare(next: PlacedStep | StepRecord): PreparedStep | null {
    const { book, now } = this.run;
    const record = next instanceof StepRecord ? next : book.open(next);
    const names = book.names.at(record.prefix);
    const resumed = resumption(record);
    if (resumed?.answer === null && hasWaitedOut(record)) {
      this.outcomes.fail(record, TIMEOUT, null, false);
      return null;
    }
    try {
      if (next !== record && (record.step.disabled || !wants(record, names))) {
        book.skip(record);
        return null;
      }
      if (isRefused(record)) throw new NodeError(INTERRUPTED.code, 'It was cut off, and is not to run again.');
      const mock = this.mockOf(record);
      if (mock !== null) {
        this.mock(record, mock, names);
        return null;
      }
      const node = this.run.services.types.get(record.step.type);
      const prepared = { record, node, context: this.contexts.of(record, names, resumed) };
      record.moveTo('running', now());
      book.changed(record);
      return prepared;
    } catch (error) {
      record.moveTo('running', now());
      this.outcomes.fail(record, toFailure(error), null, true);
      return null;
    }
  }

  /** Whether it is over here and now: it has no effects, or a mock stands in for it. */
  isQuick(next: PlacedStep | StepRecord): boolean {
    return next.step.effect === 'pure' || this.mockOf(next) !== null;
  }

  /** Runs a step without effects here and now: it needs no record of its start. */
  async runPure(prepared: PreparedStep): Promise<void> {
    const { record, node, context } = prepared;
    const log = this.run.log.forStep(record);
    let outcome: NodeOutcome;
    try {
      const given = node.execute({ ...context, log, signal: NEVER });
      outcome = given instanceof Promise ? await given : given;
    } catch (error) {
      outcome = { kind: 'fail', error: toFailure(error) };
    }
    this.outcomes.settle(record, outcome, false);
  }

  private mockOf({ path, step }: PlacedStep | StepRecord): Mock | null {
    const { mocks } = this.run;
    return mocks === null ? null : mocks.find(path, step.id);
  }

  /** The node does not run, and nothing is tried again: the mock is the result. */
  private mock(record: StepRecord, mock: Mock, names: Names): void {
    const { services, log, now } = this.run;
    record.fields.input = this.inputOfMocked(record, names);
    record.moveTo('running', now());
    log.add('info', 'mocked: the node of this step did not run', undefined, record.path, record.fields.attempt);
    if (mock.kind === 'failure') return this.outcomes.fail(record, mock.error, null, true);
    this.outcomes.settle(record, services.types.get(record.step.type).mocked(mock.output), false);
  }

  /** Shown for information only: what it needs may not be there in a test. */
  private inputOfMocked({ step }: StepRecord, names: Names): unknown {
    try {
      return shownInput((step.inputMapping ?? step.config).evaluate(names), (value) =>
        this.run.services.redaction.value(value),
      );
    } catch {
      return null;
    }
  }
}

/** Steps without effects are over before anything could abort them. */
const NEVER = new AbortController().signal;

function wants({ step }: StepRecord, names: Names): boolean {
  return step.when === null || step.when.test(names);
}

/** A step that is tried again begins anew; one that has waited is told what came of it. */
function resumption({ fields, answer }: StepRecord): Resumed | null {
  if (fields.waiting?.asks !== undefined) return null;
  if (fields.waiting?.for === 'timer') return { state: fields.waitState, answer: null };
  return suspendedFor(fields.waiting) === null ? null : { state: fields.waitState, answer };
}

/** Its own timeout came before what it waited for. */
function hasWaitedOut({ fields, holdDeadline }: StepRecord): boolean {
  return holdDeadline !== null && fields.waitUntil !== null && fields.waitUntil >= holdDeadline;
}
