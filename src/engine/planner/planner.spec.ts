import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dependency, PlanStep, Scope } from '../../definition/plan.js';
import type { FanOut } from '../../nodes/node.contract.js';
import { Fan } from './fan.js';
import { planNext, type PlacedStep } from './planner.js';
import { isTerminal, type StepStatus, type StepView } from './step-view.js';

type Spec = Partial<Pick<PlanStep, 'join' | 'onError' | 'priority' | 'scopes'>> & {
  id: string;
  on?: readonly (string | Dependency)[];
};

function step({ id, on = [], ...rest }: Spec): PlanStep {
  const constant = { isConstant: true, evaluate: () => ({}) };
  return {
    id,
    name: id,
    type: 'set',
    path: id,
    config: constant,
    when: null,
    late: {},
    inputMapping: null,
    outputMapping: null,
    dependsOn: on.map((edge) => (typeof edge === 'string' ? { on: edge, port: null } : edge)),
    join: null,
    timeoutMs: null,
    holdTimeoutMs: null,
    passesFollow: false,
    retry: {
      maxAttempts: 1,
      initialDelayMs: 0,
      maxDelayMs: 0,
      backoffFactor: 1,
      jitter: 0,
      retryOn: [],
      abortOn: [],
      maxDurationMs: null,
    },
    onError: 'fail',
    onInterrupt: 'retry',
    priority: 5,
    effect: 'pure',
    disabled: false,
    scopes: {},
    ...rest,
  };
}

const scope = (...specs: Spec[]): Scope => ({ name: 'steps', steps: specs.map(step) });
const view = (status: StepStatus, more: Partial<StepView> = {}): StepView => ({
  status,
  scope: null,
  port: null,
  ...more,
});
const states = (views: Record<string, StepStatus | StepView>): Map<string, StepView> =>
  new Map(Object.entries(views).map(([id, given]) => [id, typeof given === 'string' ? view(given) : given]));
const paths = (placed: readonly PlacedStep[]): string[] => placed.map(({ path }) => path);

describe('planNext', () => {
  it('starts every root at once, the higher priority first', () => {
    const planned = planNext(scope({ id: 'a' }, { id: 'b', priority: 9 }), states({}));
    expect(paths(planned.ready)).toEqual(['b', 'a']);
    expect(planned.ended).toBeNull();
  });

  it('runs a join when all have ended and one was not skipped', () => {
    const join = scope({ id: 'a' }, { id: 'b' }, { id: 'c', on: ['a', 'b'] });
    expect(planNext(join, states({ a: 'completed', b: 'running' })).ready).toEqual([]);
    expect(paths(planNext(join, states({ a: 'completed', b: 'skipped' })).ready)).toEqual(['c']);
    expect(paths(planNext(join, states({ a: 'skipped', b: 'skipped' })).skipped)).toEqual(['c']);
  });

  it.each([
    ['all', { a: 'completed', b: 'skipped' }, 'skipped'],
    ['all', { a: 'skipped', b: 'running' }, 'skipped'],
    ['all', { a: 'completed', b: 'completed' }, 'ready'],
    ['any', { a: 'completed', b: 'running' }, 'ready'],
    ['any', { a: 'skipped', b: 'running' }, 'wait'],
    ['any', { a: 'skipped', b: 'skipped' }, 'skipped'],
    ['all_done', { a: 'skipped', b: 'skipped' }, 'ready'],
    ['all_done', { a: 'skipped', b: 'running' }, 'wait'],
  ] as const)('join %s over %j: %s', (join, given, expected) => {
    const planned = planNext(scope({ id: 'a' }, { id: 'b' }, { id: 'c', on: ['a', 'b'], join }), states(given));
    const verdict = paths(planned.ready).includes('c')
      ? 'ready'
      : paths(planned.skipped).includes('c')
        ? 'skipped'
        : 'wait';
    expect(verdict).toBe(expected);
  });

  it('follows only the port that was taken', () => {
    const on = (port: string): Dependency[] => [{ on: 'check', port }];
    const branches = scope({ id: 'check' }, { id: 'yes', on: on('true') }, { id: 'no', on: on('false') });
    const planned = planNext(branches, states({ check: view('completed', { port: 'true' }) }));
    expect(paths(planned.ready)).toEqual(['yes']);
    expect(paths(planned.skipped)).toEqual(['no']);
  });

  it('runs the entered branch of a step and closes the step after it', () => {
    const scopes = { then: { name: 'then', steps: [step({ id: 'x' }), step({ id: 'y', on: ['x'] })] } };
    const nested = scope({ id: 'check', scopes }, { id: 'after', on: ['check'] });
    const entered = view('running', { scope: 'then', port: 'true' });
    expect(paths(planNext(nested, states({ check: entered })).ready)).toEqual(['check.x']);
    const done = planNext(nested, states({ check: entered, 'check.x': 'completed', 'check.y': 'completed' }));
    expect(paths(done.closed)).toEqual(['check']);
    expect(paths(done.ready)).toEqual(['after']);
  });

  it('names the branch of a parallel step in the path', () => {
    const scopes = { 'branches.left': { name: 'branches.left', steps: [step({ id: 'x' })] } };
    const entered = view('running', { scope: 'branches.left' });
    expect(paths(planNext(scope({ id: 'fork', scopes }), states({ fork: entered })).ready)).toEqual(['fork.left.x']);
  });

  it('fails the scope by the step that failed, and starts nothing more in it', () => {
    const chain = scope({ id: 'a' }, { id: 'b' }, { id: 'c', on: ['b'] });
    const planned = planNext(chain, states({ a: 'failed', b: 'completed' }));
    expect(planned.ready).toEqual([]);
    expect(planned.ended).toEqual({ failedBy: 'a' });
  });

  it('lets running steps of a failed scope end, and gives up waiting ones', () => {
    const roots = scope({ id: 'a' }, { id: 'b' }, { id: 'c' });
    const running = planNext(roots, states({ a: 'failed', b: 'running', c: 'waiting' }));
    expect(running.ended).toBeNull();
    expect(paths(running.abandoned)).toEqual(['c']);
    expect(planNext(roots, states({ a: 'failed', b: 'completed', c: 'cancelled' })).ended).toEqual({ failedBy: 'a' });
  });

  it('goes on after a failure that on_error continues over', () => {
    const chain = scope({ id: 'a', onError: 'continue' }, { id: 'b', on: ['a'] });
    expect(paths(planNext(chain, states({ a: 'failed' })).ready)).toEqual(['b']);
  });

  it('jumps to the target of goto and skips what lies between', () => {
    const chain = scope({ id: 'a', onError: { goto: 'c' } }, { id: 'b', on: ['a'] }, { id: 'c', on: ['b'] });
    const planned = planNext(chain, states({ a: 'failed' }));
    expect(paths(planned.ready)).toEqual(['c']);
    expect(paths(planned.skipped)).toEqual(['b']);
  });

  it('fails the step around a failed branch, so that its own on_error decides', () => {
    const scopes = { then: { name: 'then', steps: [step({ id: 'x' })] } };
    const around = scope({ id: 'check', scopes, onError: 'continue' }, { id: 'after', on: ['check'] });
    const planned = planNext(around, states({ check: view('running', { scope: 'then' }), 'check.x': 'failed' }));
    expect(planned.closed).toMatchObject([{ path: 'check', failedBy: 'check.x' }]);
    expect(paths(planned.ready)).toEqual(['after']);
  });

  it('passes by a disabled step', () => {
    const chain: Scope = {
      name: 'steps',
      steps: [{ ...step({ id: 'a' }), disabled: true }, step({ id: 'b', on: ['a'] })],
    };
    expect(paths(planNext(chain, states({ a: 'skipped' })).ready)).toEqual(['b']);
  });
});

/** Graphs whose edges lead from earlier steps to later ones. */
const graph = fc.array(fc.array(fc.nat(100), { maxLength: 3 }), { minLength: 1, maxLength: 14 }).chain((rows) =>
  fc
    .array(fc.constantFrom<PlanStep['join']>(null, 'all', 'any', 'all_done'), {
      minLength: rows.length,
      maxLength: rows.length,
    })
    .map((joins) =>
      scope(
        ...rows.map((row, index) => ({
          id: `s${index}`,
          join: joins[index] ?? null,
          on: index === 0 ? [] : [...new Set(row.map((edge) => `s${edge % index}`))],
        })),
      ),
    ),
);

/** The same, with steps that hold such graphs themselves: as a branch, or as branches of a fan-out. */
const nested = fc.letrec<{ graph: Scope; inside: Record<string, Scope> }>((tie) => ({
  inside: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    fc.constant({}),
    tie('graph').map((then) => ({ then })),
    fc.array(tie('graph'), { minLength: 1, maxLength: 3 }).map(branches),
  ),
  graph: fc.tuple(graph, fc.array(tie('inside'), { minLength: 14, maxLength: 14 })).map(([flat, inside]) => ({
    name: 'steps',
    steps: flat.steps.slice(0, 5).map((each, index) => ({ ...each, scopes: inside[index] ?? {} })),
  })),
})).graph;

function branches(scopes: readonly Scope[]): Record<string, Scope> {
  return Object.fromEntries(scopes.map((each, index) => [`branches.b${index}`, each]));
}

const ALL: Omit<FanOut, 'over'> = { limit: 2, enough: null, failures: 'finish' };

/** What the engine does with a step whose turn has come. */
function enter({ step: placed, path }: PlacedStep, rules: Omit<FanOut, 'over'>): StepView {
  const scopes = Object.keys(placed.scopes);
  if (scopes.includes('then')) return view('running', { scope: 'then' });
  if (scopes.length === 0) return view('running');
  return view('running', { fan: new Fan(path, { over: { scopes }, ...rules }) });
}

/** Runs a graph to its end; `pick` chooses which running step ends next, and a step's fate hangs on its path alone. */
function simulate(
  graphScope: Scope,
  fate: (path: string) => StepStatus,
  pick: (count: number) => number,
  rules = ALL,
): Map<string, StepStatus> {
  const current = new Map<string, StepView>();
  const running: string[] = [];
  for (let turn = 0; turn < 5000; turn++) {
    const planned = planNext(graphScope, current);
    const end = (path: string, status: StepStatus): unknown => current.set(path, view(status));
    for (const { path } of planned.skipped) end(path, 'skipped');
    for (const { path } of planned.abandoned) end(path, 'cancelled');
    for (const { path, failedBy } of planned.closed) end(path, failedBy === null ? 'completed' : 'failed');
    for (const { path } of planned.aborted) {
      running.splice(running.indexOf(path), 1);
      end(path, 'cancelled');
    }
    for (const { path, instance, status } of planned.returned) fanAt(current, path)?.end(instance, { ...NONE, status });
    for (const { path } of [...planned.returned, ...planned.opening]) {
      const fan = fanAt(current, path);
      while (fan?.hasRoom === true) fan.openNext();
    }
    const moved = planned.skipped.length + planned.abandoned.length + planned.closed.length + planned.aborted.length;
    if (moved + planned.returned.length + planned.opening.length > 0) continue;
    for (const placed of planned.ready) {
      const { path, step: started } = placed;
      expect(current.has(path), `${path} starts once`).toBe(false);
      const prefix = path.slice(0, path.length - started.id.length);
      const ended = started.dependsOn.map((edge) => isTerminal(current.get(prefix + edge.on)?.status ?? 'pending'));
      const allowed = started.join === 'any' ? ended.length === 0 || ended.includes(true) : !ended.includes(false);
      expect(allowed, `${path} starts after what it depends on`).toBe(true);
      const entered = enter(placed, rules);
      current.set(path, entered);
      if (entered.scope === null && !entered.fan) running.push(path);
    }
    if (planned.ended !== null && running.length === 0) break;
    const [next] = running.splice(pick(running.length), 1);
    if (next !== undefined) end(next, fate(next));
  }
  return new Map([...current].map(([path, { status }]) => [path, status]));
}

const NONE = { output: null, error: null };

function fanAt(current: ReadonlyMap<string, StepView>, path: string): Fan | null {
  return (current.get(path)?.fan ?? null) as Fan | null;
}

function countSteps(counted: Scope): number {
  return counted.steps.reduce(
    (sum, { scopes }) => sum + 1 + Object.values(scopes).reduce((inner, each) => inner + countSteps(each), 0),
    0,
  );
}

describe('planNext, over random graphs', () => {
  it('gives every step one end, whatever the order of completion', () => {
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat(1000)), fc.infiniteStream(fc.nat(1000)), (steps, first, second) => {
        const from = (stream: Iterator<number>) => (count: number) => (stream.next().value ?? 0) % Math.max(1, count);
        const one = simulate(steps, () => 'completed', from(first));
        const other = simulate(steps, () => 'completed', from(second));
        expect(Object.fromEntries([...one].sort())).toEqual(Object.fromEntries([...other].sort()));
        expect(one.size).toBe(steps.steps.length);
      }),
    );
  });

  it('starts nothing twice and nothing early when steps are skipped in between', () => {
    fc.assert(
      fc.property(graph, fc.infiniteStream(fc.nat(1000)), fc.func(fc.boolean()), (steps, stream, isSkipped) => {
        const fate = (id: string): StepStatus => (isSkipped(id) ? 'skipped' : 'completed');
        const ends = simulate(steps, fate, (count) => (stream.next().value ?? 0) % Math.max(1, count));
        expect([...ends.values()].every(isTerminal)).toBe(true);
        expect(ends.size).toBe(steps.steps.length);
      }),
    );
  });

  it('gives every step of nested graphs one end, whatever the order of completion', () => {
    fc.assert(
      fc.property(nested, fc.infiniteStream(fc.nat(1000)), fc.infiniteStream(fc.nat(1000)), (steps, first, second) => {
        const from = (stream: Iterator<number>) => (count: number) => (stream.next().value ?? 0) % Math.max(1, count);
        const one = simulate(steps, () => 'completed', from(first));
        const other = simulate(steps, () => 'completed', from(second));
        expect(Object.fromEntries([...one].sort())).toEqual(Object.fromEntries([...other].sort()));
        expect([...one.values()].every(isTerminal)).toBe(true);
      }),
    );
  });

  it('leaves nothing of nested graphs running when steps fail and branches are left over', () => {
    const rules = fc.record({
      limit: fc.integer({ min: 1, max: 3 }),
      enough: fc.constantFrom(null, 1, 2),
      failures: fc.constantFrom('stop' as const, 'finish' as const, 'ignore' as const),
    });
    fc.assert(
      fc.property(nested, fc.infiniteStream(fc.nat(1000)), fc.func(fc.nat(3)), rules, (steps, stream, luck, how) => {
        const fate = (path: string): StepStatus => (luck(path) === 0 ? 'failed' : 'completed');
        const ends = simulate(steps, fate, (count) => (stream.next().value ?? 0) % Math.max(1, count), how);
        expect([...ends].filter(([, status]) => !isTerminal(status))).toEqual([]);
        expect(ends.size).toBeLessThanOrEqual(countSteps(steps));
      }),
    );
  });
});
