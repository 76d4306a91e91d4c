import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan, PlanStep, Scope } from '../../definition/plan.js';
import { planNext } from './planner.js';
import { planRetry } from './retry-plan.js';
import { isTerminal, type StepStatus, type StepView } from './step-view.js';

type Spec = Partial<Pick<PlanStep, 'onError' | 'scopes' | 'join'>> & { id: string; on?: readonly string[] };

const step = ({ id, on = [], ...rest }: Spec): PlanStep =>
  ({
    id,
    dependsOn: on.map((dependency) => ({ on: dependency, port: null })),
    onError: 'fail',
    join: null,
    priority: 5,
    scopes: {},
    ...rest,
  }) as unknown as PlanStep;

const scope = (...specs: Spec[]): Scope => ({ name: 'steps', steps: specs.map(step) });
const planOf = (main: Scope, onFailure: Scope | null = null, last: Scope | null = null): Plan =>
  ({ main, onFailure, finally: last }) as unknown as Plan;

function retry(plan: Plan, ended: Record<string, StepStatus | [StepStatus, string]>, from: string | null = null) {
  const views = Object.entries(ended).map(([path, given]): [string, StepView] => {
    const [status, inner] = typeof given === 'string' ? [given, null] : given;
    return [path, { status, scope: inner, port: null }];
  });
  const { again, reopened, reachesFrom } = planRetry(plan, new Map(views), from);
  return { again: [...again], reopened: [...reopened], reachesFrom };
}

const CHAIN = planOf(scope({ id: 'a' }, { id: 'b', on: ['a'] }, { id: 'c', on: ['b'] }));

describe('planRetry', () => {
  it('runs what has not completed again, and nothing that has', () => {
    expect(retry(CHAIN, { a: 'completed', b: 'failed' }).again).toEqual(['b']);
    const roots = planOf(scope({ id: 'a' }, { id: 'b' }, { id: 'c' }));
    expect(retry(roots, { a: 'timed_out', b: 'completed', c: 'cancelled' }).again).toEqual(['a', 'c']);
  });

  it('runs the named step and all that follows it again, by dependencies and by goto', () => {
    expect(retry(CHAIN, { a: 'completed', b: 'completed', c: 'completed' }, 'b').again).toEqual(['b', 'c']);
    const jump = planOf(
      scope({ id: 'a', onError: { goto: 'd' } }, { id: 'b', on: ['a'] }, { id: 'c' }, { id: 'd', on: ['c'] }),
    );
    expect(retry(jump, { a: 'completed', b: 'completed', c: 'completed', d: 'completed' }, 'a').again).toEqual([
      'a',
      'b',
      'd',
    ]);
  });

  it('leaves a failure and a skip that a completed step has followed; runs them again where none has', () => {
    const plan = planOf(scope({ id: 'a', onError: 'continue' }, { id: 'b', on: ['a'] }, { id: 'c', on: ['b'] }));
    expect(retry(plan, { a: 'failed', b: 'completed', c: 'failed' }).again).toEqual(['c']);
    expect(retry(plan, { a: 'failed', b: 'failed' }).again).toEqual(['a', 'b']);
    expect(retry(CHAIN, { a: 'skipped', b: 'completed', c: 'failed' }).again).toEqual(['c']);
  });

  it('starts afresh what comes after a step that runs again, and what was asked for; not what has failed by itself', () => {
    const views = (ended: Record<string, StepStatus>): Map<string, StepView> =>
      new Map(Object.entries(ended).map(([path, status]) => [path, { status, scope: null, port: null }]));
    const afresh = (plan: Plan, ended: Record<string, StepStatus>, from: string | null = null): string[] =>
      [...planRetry(plan, views(ended), from).afresh].sort();
    expect(afresh(CHAIN, { a: 'completed', b: 'failed' })).toEqual([]);
    expect(afresh(CHAIN, { a: 'completed', b: 'failed', c: 'skipped' })).toEqual(['c']);
    expect(afresh(CHAIN, { a: 'completed', b: 'completed', c: 'completed' }, 'b')).toEqual(['b', 'c']);
    const tolerant = planOf(scope({ id: 'a', onError: 'continue' }, { id: 'b', on: ['a'] }));
    expect(afresh(tolerant, { a: 'failed', b: 'failed' })).toEqual(['b']);
  });

  it('comes to a pass that is an execution of its own from the loop around, whatever that ended as', () => {
    const plan = planOf(scope({ id: 'each', scopes: { body: scope({ id: 'x' }) } }));
    expect(retry(plan, { each: 'failed' }, 'each[2].x')).toEqual({ again: ['each'], reopened: [], reachesFrom: true });
    expect(retry(plan, { each: 'completed' }, 'each[2].x').again).toEqual(['each']);
  });

  it('looks at the steps of a pass where they stand', () => {
    const views = new Map<string, StepView>([
      ['each[2].a', { status: 'completed', scope: null, port: null }],
      ['each[2].b', { status: 'failed', scope: null, port: null }],
    ]);
    expect([...planRetry(CHAIN, views, null, 'each[2].').again]).toEqual(['each[2].b']);
  });

  const NESTED = planOf(
    scope(
      { id: 'check', scopes: { then: scope({ id: 'x' }, { id: 'y', on: ['x'] }), else: scope({ id: 'z' }) } },
      { id: 'after', on: ['check'] },
    ),
  );
  const done = { check: ['completed', 'then'], 'check.x': 'completed', 'check.y': 'completed' } as const;

  it('reopens what is around a step that runs again, and keeps what else has completed in there', () => {
    const failed = { check: ['failed', 'then'], 'check.x': 'completed', 'check.y': 'failed' } as const;
    expect(retry(NESTED, { ...failed } as never)).toMatchObject({ again: ['check.y'], reopened: ['check'] });
    expect(retry(NESTED, { ...done, after: 'completed' } as never, 'check.y')).toEqual({
      again: ['check.y', 'after'],
      reopened: ['check'],
      reachesFrom: true,
    });
  });

  it('runs a step around others again with all of them when it is named or follows', () => {
    expect(retry(NESTED, { ...done, after: 'completed' } as never, 'check').again).toEqual([
      'check',
      'check.x',
      'check.y',
      'after',
    ]);
  });

  it('says when the named step lies on a way that was not taken', () => {
    expect(retry(NESTED, done as never, 'check.z').reachesFrom).toBe(false);
    expect(retry(NESTED, { check: 'completed' }, 'check.z').reachesFrom).toBe(false);
    expect(retry(NESTED, { check: 'failed' }, 'check.z')).toMatchObject({ again: ['check'], reachesFrom: true });
    expect(retry(NESTED, {}, 'check.z').reachesFrom).toBe(true);
  });

  it('goes into every pass of a loop', () => {
    const loop = planOf(scope({ id: 'each', scopes: { body: scope({ id: 'x' }, { id: 'y', on: ['x'] }) } }));
    const views = {
      each: ['failed', 'body'],
      'each[0].x': 'completed',
      'each[0].y': 'completed',
      'each[1].x': 'completed',
      'each[1].y': 'failed',
    } as const;
    expect(retry(loop, { ...views } as never)).toMatchObject({ again: ['each[1].y'], reopened: ['each'] });
  });

  it('enters on_failure and finally anew, unless the main part has nothing to do again', () => {
    const plan = planOf(
      scope({ id: 'a' }),
      scope({ id: 'tell' }),
      scope({ id: 'clean' }, { id: 'wipe', on: ['clean'] }),
    );
    const failed = { a: 'failed', tell: 'completed', clean: 'completed', wipe: 'completed' } as const;
    expect(retry(plan, failed).again).toEqual(['a', 'tell', 'clean', 'wipe']);
    expect(retry(plan, { clean: 'completed' }).again).toEqual(['clean']);
    const late = { a: 'completed', clean: 'completed', wipe: 'failed' } as const;
    expect(retry(plan, late).again).toEqual(['wipe']);
    expect(retry(plan, { ...late, wipe: 'completed' }, 'wipe')).toMatchObject({ again: ['wipe'], reachesFrom: true });
  });
});

/** Runs a scope of plain steps to its end; `outcome` says what becomes of a step. @returns what ran. */
function simulate(main: Scope, views: Map<string, StepView>, outcome: (id: string) => StepStatus): string[] {
  const ran: string[] = [];
  for (;;) {
    const { ready, skipped, ended } = planNext(main, views);
    for (const { path } of skipped) views.set(path, { status: 'skipped', scope: null, port: null });
    const [next] = ready;
    if (next === undefined) {
      expect(ended).not.toBeNull();
      return ran;
    }
    ran.push(next.path);
    views.set(next.path, { status: outcome(next.path), scope: null, port: null });
  }
}

const JOINS = [null, 'all', 'any', 'all_done'] as const;

const graphs = fc
  .array(
    fc.record({
      edges: fc.array(fc.nat(20), { maxLength: 3 }),
      join: fc.constantFrom(...JOINS),
      onError: fc.constantFrom('fail' as const, 'continue' as const),
      fails: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((specs) => ({
    failing: new Set(specs.flatMap(({ fails }, index) => (fails ? [`s${index}`] : []))),
    main: scope(
      ...specs.map(({ edges, join, onError }, index) => ({
        id: `s${index}`,
        on: index === 0 ? [] : [...new Set(edges.map((edge) => `s${edge % index}`))],
        join,
        onError,
      })),
    ),
  }));

describe('a retry of any graph', () => {
  it('runs no completed step again and, when nothing fails any more, comes to a good end', () => {
    fc.assert(
      fc.property(graphs, ({ main, failing }) => {
        const views = new Map<string, StepView>();
        simulate(main, views, (id) => (failing.has(id) ? 'failed' : 'completed'));
        const completed = [...views].filter(([, { status }]) => status === 'completed').map(([path]) => path);
        const { again } = planRetry(planOf(main), views, null);
        for (const path of again) views.delete(path);
        const ran = simulate(main, views, () => 'completed');
        expect(ran.filter((path) => completed.includes(path))).toEqual([]);
        expect(planNext(main, views).ended).toEqual({ failedBy: null });
      }),
    );
  });

  it('from a step runs that step and what follows it again, and what does not follow it only if it had not completed', () => {
    fc.assert(
      fc.property(graphs, fc.nat(11), ({ main, failing }, place) => {
        const from = main.steps[place % main.steps.length]?.id ?? '';
        const views = new Map<string, StepView>();
        simulate(main, views, (id) => (failing.has(id) ? 'failed' : 'completed'));
        const { again } = planRetry(planOf(main), views, from);
        const after = new Set([from]);
        for (const { id, dependsOn } of main.steps) if (dependsOn.some(({ on }) => after.has(on))) after.add(id);
        for (const [path, { status }] of views) {
          if (after.has(path)) expect(again).toContain(path);
          else if (status === 'completed') expect(again).not.toContain(path);
          expect(isTerminal(status)).toBe(true);
        }
      }),
    );
  });
});
