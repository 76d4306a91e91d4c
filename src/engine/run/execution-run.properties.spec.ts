import { IsOptional } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../common/clock.js';
import type { GroupCommit } from '../../common/database/group-commit.js';
import { newId } from '../../common/ids.js';
import { parseDefinition } from '../../definition/definition.js';
import type { Plan } from '../../definition/plan.js';
import { TypeCatalogue } from '../../definition/type-catalogue.js';
import { NodeType, type NodeContext, type NodeOutcome } from '../../nodes/node.contract.js';
import { NodeRegistry } from '../../nodes/node-registry.js';
import { ConditionNode } from '../../nodes/types/condition/condition.node.js';
import { LoopNode } from '../../nodes/types/loop/loop.node.js';
import { ParallelNode } from '../../nodes/types/parallel/parallel.node.js';
import { TransformNode } from '../../nodes/types/set/transform.node.js';
import { isTerminal, SEVERAL } from '../planner/step-view.js';
import type { Checkpoint, CheckpointResult, CheckpointStatement } from './checkpoint.statement.js';
import type { ClaimedExecution, ClaimedStep } from './claim.statement.js';
import { ExecutionRun } from './execution-run.js';
import type { ExecutionFiles } from '../files/execution-files.service.js';
import type { RunServices } from './run-services.js';
import type { Slots } from './slots.js';
import { planPath } from './step-book.js';
import type { StepRecord } from './step-record.js';

class CallConfig {
  @IsOptional()
  note?: string;
}

/** A step with an effect, whose calls end when the test says so. */
class CallNode extends NodeType<CallConfig> {
  readonly type = 'call';
  readonly kind = 'ACTION';
  readonly title = 'Call';
  readonly description = 'A call to the outside.';
  readonly config = CallConfig;
  /** Set by the run under test. */
  onCall: (context: NodeContext) => Promise<NodeOutcome> = () => Promise.reject(new Error('nobody listens'));

  effect(): 'once' {
    return 'once';
  }

  execute(context: NodeContext): Promise<NodeOutcome> {
    return this.onCall(context);
  }
}

const call = new CallNode();
const registry = new NodeRegistry([call, new TransformNode(), new ConditionNode(), new LoopNode(), new ParallelNode()]);

class Catalogue extends TypeCatalogue {
  override nodeType = (type: string): ReturnType<NodeRegistry['nodeType']> => registry.nodeType(type);
  override nodeTypes = (): ReturnType<NodeRegistry['nodeTypes']> => registry.nodeTypes();
  override triggerType = (): undefined => undefined;
  override triggerTypes = (): readonly [] => [];
}

type Step = Record<string, unknown> & { id: string };
type Row = readonly [given: Omit<Step, 'id'>, edges: readonly number[], join: string | undefined];

/** Lists of steps that hold lists of steps, three deep; edges lead from earlier steps to later ones. */
const stepLists = fc.letrec<{ list: Step[]; step: Omit<Step, 'id'> }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant({ type: 'call' }),
    fc.constant({ type: 'transform' }),
    fc.record({
      type: fc.constant('condition'),
      config: fc.record({ expression: fc.constantFrom('true', 'false') }),
      then: tie('list'),
      else: tie('list').map(renamed),
    }),
    fc.record({
      type: fc.constant('loop'),
      config: fc.record({ times: fc.nat(3), max_concurrency: fc.integer({ min: 1, max: 2 }) }),
      steps: tie('list'),
    }),
    fc.record({ type: fc.constant('parallel'), branches: fc.record({ left: tie('list'), right: tie('list') }) }),
  ),
  list: fc
    .array(fc.tuple(tie('step'), fc.array(fc.nat(100), { maxLength: 2 }), fc.constantFrom(undefined, 'all_done')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((rows) => rows.map((_row, index) => place(rows, index))),
})).list;

/** A transform keeps what it saw, so that a later owner is caught that sees something else. */
function place(rows: readonly Row[], index: number): Step {
  const [given, edges, join] = rows[index] as Row;
  const dependsOn = index === 0 ? [] : [...new Set(edges.map((edge) => edge % index))];
  const seen = dependsOn.map((on) => {
    // The output of a fan-out holds the outputs that came last: those hang on the order.
    const isFanOut = ['loop', 'parallel'].includes(String(rows[on]?.[0]['type']));
    return isFanOut ? `steps.s${on}.status` : `steps.s${on}.status == 'completed' ? steps.s${on}.output : null`;
  });
  return {
    id: `s${index}`,
    depends_on: dependsOn.map((on) => `s${on}`),
    on_error: 'continue',
    ...(join !== undefined && dependsOn.length > 0 && { join }),
    ...given,
    ...(given['type'] === 'transform' && { config: { expression: `[${seen.join(', ')}]` } }),
  };
}

/** Ids are unique across the branches of one condition. */
function renamed(steps: readonly Step[]): Step[] {
  return JSON.parse(JSON.stringify(steps).replaceAll(/\bs(\d+e*)\b/g, 's$1e')) as Step[];
}

/** What PostgreSQL keeps of one execution. */
class Store {
  readonly rows = new Map<string, ClaimedStep>();
  epoch = 0;
  end: { to: string; outputJson: string | null } | null = null;

  keep({ epoch, steps, move, executionId }: Checkpoint): CheckpointResult {
    if (epoch !== this.epoch) return 'lost';
    for (const record of steps) this.rows.set(record.path, rowOf(executionId, record));
    if (move !== null && 'outputJson' in move) this.end = { to: move.to, outputJson: move.outputJson };
    return 'kept';
  }
}

function rowOf(executionId: string, { fields, path, outputJson }: StepRecord): ClaimedStep {
  const date = (value: number | null): Date | null => (value === null ? null : new Date(value));
  return structuredClone({
    id: fields.id,
    execution_id: executionId,
    step_path: path,
    status: fields.status,
    attempt: fields.attempt,
    scope: fields.scope,
    port: fields.port,
    input: fields.input,
    output_size: null,
    output: outputJson === null ? null : (JSON.parse(outputJson) as unknown),
    error: fields.error,
    waiting: fields.waiting,
    wait_until: date(fields.waitUntil),
    wait_state: fields.waitState,
    attempts: fields.attempts,
    first_started_at: date(fields.firstStartedAt),
    started_at: date(fields.startedAt),
    finished_at: date(fields.finishedAt),
  });
}

/** Far more than a definition of this size needs. */
const MOST_TURNS = 3_000;

interface Crash {
  /** Counted over the whole life of the execution. */
  readonly checkpoint: number;
  /** Whether the commit came through unseen. */
  readonly afterCommit: boolean;
}

/** One execution from its start to its end, by as many owners as its crashes ask for. */
class Life {
  readonly store = new Store();
  /** Idempotency keys of the calls, in order. */
  readonly calls: string[] = [];
  private readonly id = newId();
  private checkpoints = 0;
  private pending: { path: string; end: () => void }[] = [];

  constructor(
    private readonly plan: Plan,
    private readonly crashes: readonly Crash[],
    private readonly pick: (count: number) => number,
  ) {}

  async run(): Promise<void> {
    call.onCall = (context) => this.called(context);
    while (this.store.end === null) await this.hold();
  }

  /** One owner, until the execution rests or the owner dies. */
  private async hold(): Promise<void> {
    this.store.epoch++;
    this.pending = [];
    const died = Promise.withResolvers<undefined>();
    const run = new ExecutionRun(
      this.claim(),
      this.plan,
      [],
      this.services(() => died.resolve(undefined)),
    );
    const over = Promise.race([run.run(), died.promise]).finally(() => (isOver = true));
    let isOver = false;
    for (let turn = 0; !isOver; turn++) {
      expect(turn, 'the execution hangs').toBeLessThan(MOST_TURNS);
      await new Promise((next) => setImmediate(next));
      const [next] = this.pending.splice(this.pick(this.pending.length), 1);
      next?.end();
    }
    await over;
  }

  private called({ stepPath, idempotencyKey }: NodeContext): Promise<NodeOutcome> {
    this.calls.push(idempotencyKey);
    const recorded = this.store.rows.get(stepPath);
    expect(recorded?.status, `${stepPath} is recorded as started before it runs`).toBe('running');
    this.expectAfterDependencies(stepPath);
    const { promise, resolve } = Promise.withResolvers<NodeOutcome>();
    const fails = /s1$/.test(stepPath);
    const outcome: NodeOutcome = fails
      ? { kind: 'fail', error: { code: 'broken', message: 'broken', retryable: false } }
      : { kind: 'done', output: stepPath };
    this.pending.push({ path: stepPath, end: () => resolve(outcome) });
    return promise;
  }

  private expectAfterDependencies(stepPath: string): void {
    const step = this.plan.steps.get(planPath(stepPath));
    const prefix = stepPath.slice(0, stepPath.length - (step?.id.length ?? 0));
    for (const { on } of step?.dependsOn ?? []) {
      const status = this.store.rows.get(prefix + on)?.status ?? 'pending';
      expect(isTerminal(status), `${stepPath} runs after the checkpoint of ${prefix}${on}`).toBe(true);
    }
  }

  private services(die: () => void): RunServices {
    const submit = (_statement: CheckpointStatement, checkpoint: Checkpoint): Promise<CheckpointResult> => {
      const crash = this.crashes.find((each) => each.checkpoint === this.checkpoints);
      this.checkpoints++;
      if (crash === undefined || crash.afterCommit) {
        const result = this.store.keep(checkpoint);
        if (crash === undefined) return Promise.resolve(result);
      }
      die();
      return new Promise(() => undefined);
    };
    const nothing = (): void => undefined;
    return {
      types: registry,
      secrets: { get: () => Promise.resolve(undefined) },
      connections: null as unknown as RunServices['connections'],
      redaction: { text: (text: string) => text, value: (value: unknown) => value },
      commit: { submit } as unknown as GroupCommit,
      checkpoint: null as unknown as CheckpointStatement,
      clock: new SystemClock(),
      slots: { tryTake: () => true, giveBack: nothing } as unknown as Slots,
      env: {},
      files: null as unknown as ExecutionFiles,
      answersOf: () => Promise.resolve(new Map()),
      closeAnswers: () => Promise.resolve(new Map()),
      onStepEnd: nothing,
      onRetry: nothing,
      onText: nothing,
      journalOf: () => ({ read: () => Promise.resolve(new Map()), write: () => Promise.resolve() }),
      onChange: nothing,
    };
  }

  private claim(): ClaimedExecution {
    return {
      id: this.id,
      workflow_id: newId(),
      version: 1,
      epoch: this.store.epoch,
      attempt: 1,
      priority: 5,
      signal_seq: 0,
      cancel_requested: false,
      pause_requested: false,
      queued_at: new Date(),
      start_time: new Date(),
      deadline_at: null,
      trigger_id: null,
      trigger_type: 'api',
      concurrency_key: null,
      parent_id: null,
      parent_step_id: null,
      parent_attempt: null,
      pass: null,
      pass_names: null,
      trace_parent: null,
      input: null,
      variables: null,
      trigger: null,
      error: null,
      now: new Date(),
      steps: [...this.store.rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    };
  }
}

function planOf(steps: readonly Step[]): Plan {
  const { plan, errors } = parseDefinition({ name: 'random', steps }, new Catalogue());
  expect(errors).toEqual([]);
  return plan as Plan;
}

/** What must be the same whoever ran it, in whichever order parallel steps ended. */
function resultOf({ store }: Life): unknown {
  const rows = [...store.rows.values()].sort((a, b) => (a.step_path < b.step_path ? -1 : 1));
  return {
    end: store.end?.to,
    steps: rows.map(({ step_path, status, output, scope, port, error }) => [
      step_path,
      status,
      port,
      error?.code,
      scope === SEVERAL ? null : output,
    ]),
  };
}

const crash = fc.record({ checkpoint: fc.nat(12), afterCommit: fc.boolean() });

describe('an execution, over random definitions, orders of completion and crashes', () => {
  it('comes to the same result whoever dies between or in which checkpoints', async () => {
    await fc.assert(
      fc.asyncProperty(
        stepLists,
        fc.array(crash, { maxLength: 2 }),
        fc.infiniteStream(fc.nat(1000)),
        async (steps, crashes, stream) => {
          const plan = planOf(steps);
          const undisturbed = new Life(plan, [], () => 0);
          await undisturbed.run();
          const disturbed = new Life(plan, crashes, (count) => (stream.next().value ?? 0) % Math.max(1, count));
          await disturbed.run();
          expect(resultOf(disturbed)).toEqual(resultOf(undisturbed));
          // Each was cut off once a crash at most; without one nothing is called twice.
          const twice = disturbed.calls.length - new Set(disturbed.calls).size;
          if (crashes.length === 0) expect(twice).toBe(0);
          expect(new Set(disturbed.calls).size).toBe(undisturbed.calls.length);
        },
      ),
      { numRuns: 300 },
    );
  });
});
