import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../test/support/fake-catalogue.js';
import { compilePlan, type Definition, parseDefinition, planSummary, requiredSecrets } from './definition.js';
import type { Plan, PlanStep } from './plan.js';

const catalogue = new FakeCatalogue();

function planOf(source: string | object): Plan {
  const { plan, errors } = parseDefinition(source, catalogue);
  expect(errors).toEqual([]);
  return plan!;
}

const step = (plan: Plan, path: string): PlanStep => plan.steps.get(path)!;
const needs = (plan: Plan, path: string): string[] =>
  step(plan, path).dependsOn.map(({ on, port }) => (port === null ? on : `${on}:${port}`));
const codes = (source: string | object): string[] =>
  parseDefinition(source, catalogue).errors.map((fault) => `${fault.code} ${fault.path}`);
const steps = (...list: object[]): object => ({ name: 'n', steps: list });
const log = (id: string, more: object = {}): object => ({ id, type: 'log', ...more });

const EXAMPLE = `version: "1.0"
name: Data processing
description: Fetch, transform, store
variables: {input_file: "", batch_size: 1000, api_endpoint: "http://localhost"}
input_schema: {type: object, required: [user_id]}
output: {total: "{{ steps.transform_data.output.rows }}"}
timeout: 30m
max_parallel: 10
concurrency: {key: "{{ input.user_id }}", limit: 1, on_limit: queue}
defaults: {retry: {max_attempts: 3, initial_delay: 30s, max_delay: 300s, backoff_factor: 2.0, jitter: 0.1}, timeout: 5m}
on_failure: [{id: tell, type: email, config: {to: a@b.c, text: "{{ steps.fetch_data.error }}"}}]
finally: [{id: tidy, type: log, config: {message: "{{ steps.tell.status }}"}}]
retention: 30d
steps:
  - id: fetch_data
    name: Fetch
    type: http
    config: {method: GET, url: "{{ variables.api_endpoint }}", headers: {Authorization: "Bearer {{ secrets.api_token }}"}, timeout: 30s}
  - id: transform_data
    type: script
    depends_on: [fetch_data]
    input_mapping: {raw_data: "{{ steps.fetch_data.output.body }}"}
    config: {runtime: node, script: transform.js}
    output_mapping: {rows: "{{ output.result.rows }}"}
    when: "{{ steps.fetch_data.output.status_code == 200 }}"
    timeout: 5m
    retry_policy: {max_attempts: 5, retry_on: [timeout, "http_5*"], abort_on: [validation]}
    on_error: continue
    on_interrupt: retry
    is_parallel: false
    priority: 5
triggers:
  - {type: cron, name: Daily, config: {cron: "0 2 * * *", timezone: Asia/Shanghai}, is_enabled: true}
  - {type: webhook, config: {path: /webhook/data-process, method: POST}}
  - {type: webhook, config: {path: /b, filter: "trigger.payload.x == 1 || true"}}
`;

describe('a definition', () => {
  it('becomes the plan that the engine runs', () => {
    const plan = planOf(EXAMPLE);
    expect([...plan.steps.keys()]).toEqual(['fetch_data', 'transform_data', 'tell', 'tidy']);
    expect(plan).toMatchObject({ timeoutMs: 1_800_000, maxParallel: 10, retentionMs: 2_592_000_000 });
    expect(plan.concurrency).toMatchObject({ limit: 1, onLimit: 'queue' });
    expect(plan.triggers.map(({ name }) => name)).toEqual(['Daily', 'webhook', 'webhook-2']);
    expect(plan.triggers[2]).toMatchObject({ filter: 'trigger.payload.x == 1 || true', config: { path: '/b' } });
    expect(step(plan, 'transform_data')).toMatchObject({
      dependsOn: [{ on: 'fetch_data', port: null }],
      timeoutMs: 300_000,
      effect: 'once',
      onError: 'continue',
      retry: { maxAttempts: 5, initialDelayMs: 30_000, retryOn: ['timeout', 'http_5*'], abortOn: ['validation'] },
    });
    expect(step(plan, 'fetch_data').retry.maxAttempts).toBe(3);
    expect(requiredSecrets(plan)).toEqual(['api_token']);
    const names = { variables: plan.variables, secrets: { api_token: 't' } };
    expect(step(plan, 'fetch_data').config.evaluate(names)).toMatchObject({
      url: 'http://localhost',
      headers: { Authorization: 'Bearer t' },
    });
  });

  it('is stored in a form that compiles to the same plan again', () => {
    const { definition, plan } = parseDefinition(EXAMPLE, catalogue);
    const again = parseDefinition(definition as Definition, catalogue);
    expect(again.errors).toEqual([]);
    expect(again.definition).toEqual(definition);
    expect(planSummary(compilePlan(definition!, catalogue))).toEqual(planSummary(plan!));
  });

  it('compiles when a type that it uses has gone', () => {
    const { definition } = parseDefinition(EXAMPLE, catalogue);
    const gone = structuredClone(definition!);
    gone.steps[0]!.type = 'gone';
    expect(step(compilePlan(gone, catalogue), 'fetch_data').effect).toBe('once');
  });

  it('may be JSON, with positions too', () => {
    const text = '{\n  "name": "n",\n  "steps": [\n    {"id": "a", "type": "lag"}\n  ]\n}';
    expect(parseDefinition(text, catalogue).errors).toMatchObject([
      { code: 'type_unknown', path: 'steps[0].type', line: 4, column: 25, hint: 'Did you mean "log"?' },
    ]);
  });

  it('takes camelCase for its own names, and leaves maps alone', () => {
    const { definition, errors } = parseDefinition(
      {
        name: 'n',
        maxParallel: 3,
        steps: [
          log('a'),
          {
            id: 'b',
            type: 'http',
            dependsOn: ['a'],
            retryPolicy: { maxAttempts: 2 },
            config: { url: 'http://x', followRedirects: true, headers: { xToken: '1' } },
          },
        ],
      },
      catalogue,
    );
    expect(errors).toEqual([]);
    expect(definition).toMatchObject({
      max_parallel: 3,
      steps: [
        {},
        {
          depends_on: ['a'],
          retry_policy: { max_attempts: 2 },
          config: { follow_redirects: true, headers: { xToken: '1' } },
        },
      ],
    });
  });
});

describe('the order of steps', () => {
  it('is the order written', () => {
    const plan = planOf(steps(log('a'), log('b'), log('c')));
    expect([needs(plan, 'a'), needs(plan, 'b'), needs(plan, 'c')]).toEqual([[], ['a'], ['b']]);
  });

  it('puts an is_parallel step beside the one before it', () => {
    const plan = planOf(steps(log('a'), log('b'), log('c', { is_parallel: true }), log('d')));
    expect([needs(plan, 'b'), needs(plan, 'c'), needs(plan, 'd')]).toEqual([['a'], ['a'], ['c']]);
  });

  it('follows depends_on where it is given', () => {
    const plan = planOf(steps(log('a'), log('b', { depends_on: [] }), log('c', { depends_on: ['b', 'a'] })));
    expect([needs(plan, 'b'), needs(plan, 'c')]).toEqual([[], ['b', 'a']]);
  });

  it('is topological in the plan, ties in the order written', () => {
    const plan = planOf(
      steps(log('z', { depends_on: ['m'] }), log('m', { depends_on: [] }), log('a', { depends_on: [] })),
    );
    expect(plan.main.steps.map(({ id }) => id)).toEqual(['m', 'z', 'a']);
  });
});

describe('nested steps', () => {
  const nested = {
    name: 'n',
    steps: [
      {
        id: 'check',
        type: 'condition',
        config: { expression: 'input.amount > 100' },
        then: [log('big', { config: { message: '{{ input.amount }}' } })],
        else: [log('small')],
      },
      {
        id: 'each',
        type: 'loop',
        config: {
          items: '{{ input.rows }}',
          item_variable: 'row',
          steps: [log('show', { config: { message: '{{ item.a }}{{ row.b }}{{ index }}' } }), log('save')],
        },
      },
      { id: 'again', type: 'loop', config: { while: 'steps.poll.output.more', steps: [log('poll')] } },
      { id: 'fork', type: 'parallel', branches: { left: [log('x')], right: [log('x')] } },
      {
        id: 'sw',
        type: 'switch',
        config: {
          value: '{{ input.k }}',
          cases: [{ when: 'input.k == 1', steps: [log('one')] }],
          default: [log('other')],
        },
      },
    ],
  };

  it('have plan paths below their step, and stand in its scopes', () => {
    const plan = planOf(nested);
    expect([...plan.steps.keys()]).toEqual([
      'check',
      'check.big',
      'check.small',
      'each',
      'each[].show',
      'each[].save',
      'again',
      'again[].poll',
      'fork',
      'fork.left.x',
      'fork.right.x',
      'sw',
      'sw.one',
      'sw.other',
    ]);
    expect(Object.keys(step(plan, 'check').scopes)).toEqual(['then', 'else']);
    expect(Object.keys(step(plan, 'sw').scopes)).toEqual(['cases[0]', 'default']);
    expect(needs(plan, 'each[].save')).toEqual(['show']);
  });

  it('leave their ids in the config, and expressions without braces are evaluated in it', () => {
    const plan = planOf(nested);
    const config = (path: string) => step(plan, path).config.evaluate({ input: { amount: 200, rows: [1], k: 1 } });
    expect(config('check')).toEqual({ expression: true, then: ['big'], else: ['small'] });
    expect(config('fork')).toEqual({ branches: { left: ['x'], right: ['x'] } });
    expect(config('sw')).toEqual({ value: 1, cases: [{ when: true, steps: ['one'] }], default: ['other'] });
  });

  it('leave what is evaluated later as text', () =>
    expect(step(planOf(nested), 'again').config.evaluate({})).toMatchObject({ while: 'steps.poll.output.more' }));

  it('may not be nested more than ten deep', () => {
    let inner: object = log('a');
    for (let depth = 0; depth < 12; depth += 1) inner = { id: `c${depth}`, type: 'condition', then: [inner] };
    expect(codes(steps(inner)).join()).toContain('nesting_too_deep');
  });

  it('may not refer to what is inside another step, or in another branch', () => {
    const source = steps(
      {
        id: 'check',
        type: 'condition',
        config: { expression: 'true' },
        then: [log('a')],
        else: [log('b', { config: { message: '{{ steps.a.output }}' } })],
      },
      log('after', { config: { message: '{{ steps.a.output }}' } }),
    );
    expect(codes(source)).toEqual([
      'reference_not_before steps[0].else[0].config.message',
      'reference_not_before steps[1].config.message',
    ]);
  });
});

describe('the expressions of a trigger', () => {
  const withTrigger = (more: object) => ({ ...steps(log('a')), triggers: [{ type: 'webhook', ...more }] });

  it.each([
    [{ filter: 'input.x == 1' }, 'expression_unknown_name triggers[0].filter'],
    [{ input: { a: ['{{ steps.a.output }}'] } }, 'expression_unknown_name triggers[0].input.a[0]'],
    [{ dedup: { key: '{{ secrets.x }}' } }, 'expression_unknown_name triggers[0].dedup.key'],
  ])('see its occurrence, and nothing of the execution that it may start: %j', (more, fault) => {
    expect(codes(withTrigger(more))).toEqual([fault]);
  });

  it('see trigger and env', () => {
    const both = '{{ trigger.payload.n + env.MILLRACE_VAR_N }}';
    expect(codes(withTrigger({ filter: 'trigger.payload.n > 1', input: [both], dedup: { key: both } }))).toEqual([]);
  });
});

describe('faults', () => {
  it('come all at once, each with line, column, code, and what would be right', () => {
    const text = `name: Broken
timeout: 5 parsecs
stepz: 1
steps:
  - id: fetch
    type: htpp
    config: {url: "http://x"}
  - id: 2fast
    type: log
  - id: save
    type: log
    depends_on: [fetchh]
    config: {message: "{{ steps.nope.output }}"}
  - id: tell
    type: log
    priority: 11
    config: {massage: hi, level: "{{ 1 + }}"}
`;
    const { errors, plan, definition } = parseDefinition(text, catalogue);
    expect(plan).toBeNull();
    expect(definition).toBeNull();
    expect(errors.map(({ code, path, line, column }) => [code, path, line, column])).toEqual([
      ['duration_invalid', 'timeout', 2, 10],
      ['field_unknown', 'stepz', 3, 1],
      ['type_unknown', 'steps[0].type', 6, 11],
      ['id_invalid', 'steps[1].id', 8, 9],
      ['dependency_unknown', 'steps[2].depends_on[0]', 12, 18],
      ['reference_unknown', 'steps[2].config.message', 13, 23],
      ['value_invalid', 'steps[3].priority', 16, 15],
      ['config_unknown_field', 'steps[3].config.massage', 17, 14],
      ['expression_syntax', 'steps[3].config.level', 17, 34],
    ]);
    for (const fault of errors) expect(fault.message).not.toBe('');
    expect(errors.filter(({ hint }) => hint !== undefined).length).toBeGreaterThanOrEqual(5);
  });

  it('refuses an unknown step in `output` too, and says which there are', () => {
    const definition = {
      name: 'n',
      steps: [log('fetch'), log('shape')],
      output: { total: '{{ steps.save.output.n }}' },
    };
    expect(parseDefinition(definition, catalogue).errors).toMatchObject([
      { code: 'reference_unknown', path: 'output.total', hint: 'There are: fetch, shape.' },
    ]);
  });

  it.each<[string, object, string]>([
    ['no name', { steps: [log('a')] }, 'field_required name'],
    ['no steps', { name: 'n' }, 'field_required steps'],
    ['empty steps', { name: 'n', steps: [] }, 'steps_empty steps'],
    ['a step without id', steps({ type: 'log' }), 'field_required steps[0].id'],
    ['a step without type', steps({ id: 'a' }), 'field_required steps[0].type'],
    ['a duplicate id', steps(log('a'), log('a')), 'id_duplicate steps[1].id'],
    ['a dependency on itself', steps(log('a', { depends_on: ['a'] })), 'dependency_cycle steps[0].depends_on[0]'],
    [
      'a reference to a later step',
      steps(log('a', { config: { message: '{{ steps.b.output }}' } }), log('b')),
      'reference_not_before steps[0].config.message',
    ],
    ['a reference to itself', steps(log('a', { when: 'steps.a.status == "x"' })), 'reference_not_before steps[0].when'],
    ['a when that is no boolean', steps(log('a', { when: '1 + 1' })), 'expression_type steps[0].when'],
    ['an unknown name', steps(log('a', { when: 'item.x' })), 'expression_unknown_name steps[0].when'],
    [
      'a wrong retry policy',
      steps(log('a', { retry_policy: { max_attempts: 0 } })),
      'value_invalid steps[0].retry_policy.max_attempts',
    ],
    ['a wrong join', steps(log('a', { join: 'some' })), 'value_invalid steps[0].join'],
    ['a goto to nowhere', steps(log('a', { on_error: { goto: 'x' } })), 'goto_unknown steps[0].on_error.goto'],
    ['a goto back', steps(log('a'), log('b', { on_error: { goto: 'a' } })), 'goto_backward steps[1].on_error.goto'],
    ['a wrong schema', { ...steps(log('a')), input_schema: { type: 'objekt' } }, 'input_schema_invalid input_schema'],
    [
      'an unknown trigger',
      { ...steps(log('a')), triggers: [{ type: 'crn' }] },
      'trigger_type_unknown triggers[0].type',
    ],
    [
      'two triggers of one name',
      {
        ...steps(log('a')),
        triggers: [
          { type: 'manual', name: 'm' },
          { type: 'manual', name: 'm' },
        ],
      },
      'trigger_name_duplicate triggers[1].name',
    ],
    [
      'a trigger config',
      { ...steps(log('a')), triggers: [{ type: 'cron', config: {} }] },
      'config_required triggers[0].config',
    ],
    [
      'an unknown output',
      steps(
        { id: 'c', type: 'condition', config: { expression: 'true' } },
        log('a', { depends_on: [{ step: 'c', output: 'tru' }] }),
      ),
      'output_unknown steps[1].depends_on[0]',
    ],
    [
      'waiting for both outputs',
      steps(
        { id: 'c', type: 'condition', config: { expression: 'true' } },
        log('a', {
          join: 'all',
          depends_on: [
            { step: 'c', output: 'true' },
            { step: 'c', output: 'false' },
          ],
        }),
      ),
      'step_unreachable steps[1]',
    ],
    [
      'ids shared by branches',
      steps({ id: 'c', type: 'condition', config: {}, then: [log('a')], else: [log('a')] }),
      'id_duplicate steps[0].else[0].id',
    ],
    ['ids shared with finally', { ...steps(log('a')), finally: [log('a')] }, 'id_duplicate finally[0].id'],
    ['a lifted field of another type', steps(log('a', { then: [] })), 'field_unknown steps[0].then'],
    [
      'a text that is not closed',
      steps(log('a', { config: { message: '{{ x' } })),
      'template_unclosed steps[0].config.message',
    ],
    ['a forbidden key', JSON.parse('{"name": "n", "steps": [], "__proto__": {}}') as object, 'key_forbidden __proto__'],
    [
      'too many steps',
      steps(...Array.from({ length: 1001 }, (_, index) => log(`s${index}`))),
      'steps_too_many steps[1000]',
    ],
  ])('%s', (_name, source, expected) => expect(codes(source)).toContain(expected));

  it('are none in a parallel of 1,000 branches with a step each', () => {
    const branches = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`b${index}`, [log('a')]]));
    const fork = (count: number): object =>
      steps({ id: 'fork', type: 'parallel', config: { branches: branches(count) } });
    expect(codes(fork(1000))).toEqual([]);
    expect(codes(fork(1001))).toEqual(['steps_too_many steps[0].config.branches.b1000[0]']);
  });

  it('name the cycle', () => {
    const source = steps(
      log('a', { depends_on: ['c'] }),
      log('b', { depends_on: ['a'] }),
      log('c', { depends_on: ['b'] }),
      log('d'),
    );
    const { errors } = parseDefinition(source, catalogue);
    expect(errors).toMatchObject([
      { code: 'dependency_cycle', message: 'These steps wait for each other: a -> b -> c -> a.' },
    ]);
  });

  it('tell of hyphens', () => {
    const source = steps(log('a-b'), log('c', { config: { message: '{{ steps.a-b.output }}' } }));
    const { errors } = parseDefinition(source, catalogue);
    expect(errors.some(({ hint }) => hint?.includes('steps["a-b"]'))).toBe(true);
    expect(codes(steps(log('a-b'), log('c', { config: { message: '{{ steps["a-b"].output }}' } })))).toEqual([]);
  });

  it.each([
    ['a: &x 1\nb: *x\n', 'yaml_alias'],
    ['<<: {a: 1}\n', 'yaml_merge_key'],
    ['name: a\nname: b\n', 'key_duplicate'],
    ['{"name": "a", "name": "b"}', 'key_duplicate'],
    ['name: !!binary aa\n', 'yaml_tag'],
    ['name: a\n---\nname: b\n', 'yaml_several_documents'],
    ['name: [\n', 'yaml_invalid'],
    ['{"name": ', 'json_invalid'],
    ['', 'definition_empty'],
    [`${'- '.repeat(3000)}a`, 'too_deep'],
    [`name: ${'x'.repeat(1024 * 1024)}`, 'definition_too_large'],
    ['just text', 'type_invalid'],
  ])('%j', (text, code) => expect(parseDefinition(text, catalogue).errors.map((fault) => fault.code)).toContain(code));
});

describe('a definition is warned of', () => {
  const warnings = (source: object, timeoutMs: number | null = 1_800_000): string[] =>
    parseDefinition(source, Object.assign(new FakeCatalogue(), { executionTimeoutMs: timeoutMs })).warnings.map(
      (fault) => `${fault.code} ${fault.path}`,
    );
  const nap = (duration: unknown): object => ({ id: 'nap', type: 'wait', config: { duration } });

  it('waits that are longer than an execution may take, wherever they stand', () => {
    expect(warnings(steps(nap('1h')))).toEqual(['wait_outlasts_timeout steps[0].config.duration']);
    expect(warnings({ ...steps(nap('10m')), timeout: '5m' })).toEqual([
      'wait_outlasts_timeout steps[0].config.duration',
    ]);
    const inner = { id: 'check', type: 'condition', config: { expression: 'true', then: [nap('1h')] } };
    expect(warnings(steps(inner))).toEqual(['wait_outlasts_timeout steps[0].config.then[0].config.duration']);
  });

  it('no wait that fits, that is known only later, or where the time is not known', () => {
    expect(warnings(steps(nap('20m')))).toEqual([]);
    expect(warnings({ ...steps(nap('1h')), timeout: '2h' })).toEqual([]);
    expect(warnings(steps(nap('{{ input.long }}')))).toEqual([]);
    expect(warnings(steps(nap('1h')), null)).toEqual([]);
  });
});
