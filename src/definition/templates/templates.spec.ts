import { describe, expect, it } from 'vitest';
import { FakeCatalogue } from '../../../test/support/fake-catalogue.js';
import { parseDefinition } from '../definition.js';
import type { StepTemplate, StepTemplates, TemplateParameter } from './step-template.js';

const catalogue = new FakeCatalogue();

function template(
  name: string,
  steps: unknown[],
  parameters: Record<string, TemplateParameter> = {},
  version = 1,
): StepTemplate {
  return { name, version, parameters, steps };
}

function library(...templates: StepTemplate[]): StepTemplates {
  const named = (name: string): StepTemplate[] => templates.filter((one) => one.name === name);
  return {
    find: (name, version) => named(name).find((one) => one.version === version),
    latest: (name) => named(name).at(-1)?.version ?? null,
  };
}

const CALL = template(
  'call',
  [{ id: 'x', type: 'http', config: { url: 'https://{{ parameters.host }}/v1', timeout: '{{ parameters.timeout }}' } }],
  { host: { type: 'string', required: true }, timeout: { type: 'duration', default: '30s' } },
);
const SAVE = template(
  'save',
  [
    { id: 'check', type: 'set', config: { values: { rows: '{{ parameters.rows }}' } } },
    { id: 'say', type: 'log', config: { message: 'got {{ steps.check.output.rows }}' } },
  ],
  { rows: {} },
);

const read = (steps: unknown, ...templates: StepTemplate[]) =>
  parseDefinition(
    typeof steps === 'string' ? steps : { name: 'n', steps },
    catalogue,
    undefined,
    library(...templates),
  );
const faults = (steps: unknown, ...templates: StepTemplate[]) =>
  read(steps, ...templates).errors.map(({ code, path }) => `${code} ${path}`);

describe('a step that uses a template', () => {
  it('of one step is that step, under its own id and with its own fields', () => {
    const step = { id: 'ask', template: 'call@1', with: { host: 'example.com' }, timeout: '1m', name: 'Ask' };
    expect(read([step], CALL).definition?.steps).toEqual([
      {
        id: 'ask',
        name: 'Ask',
        description: 'From the template call@1.',
        type: 'http',
        config: { url: 'https://example.com/v1', timeout: '30s' },
        timeout: '1m',
      },
    ]);
  });

  it('of several steps is a group of them, which other steps see by its id', () => {
    const { definition, plan, errors } = read(
      [
        { id: 'load', type: 'set', config: { values: { a: 1 } } },
        { id: 'keep', template: 'save@1', with: { rows: '{{ steps.load.output.a }}' } },
        { id: 'end', type: 'log', config: { message: '{{ steps.keep.output }}' } },
      ],
      SAVE,
    );
    expect(errors).toEqual([]);
    expect([...(plan?.steps.keys() ?? [])]).toEqual(['load', 'keep', 'keep.steps.check', 'keep.steps.say', 'end']);
    expect(definition?.steps[1]).toMatchObject({
      id: 'keep',
      type: 'group',
      config: { steps: [{ config: { values: { rows: '{{ steps.load.output.a }}' } } }, { id: 'say' }] },
    });
  });

  it('reads again as the same definition, without the template', () => {
    const { definition } = read([{ id: 'keep', template: 'save@1' }], SAVE);
    expect(read(definition?.steps).definition?.steps).toEqual(definition?.steps);
  });

  it('may use templates inside, and hands parameters on', () => {
    const outer = template('outer', [{ id: 'a', template: 'call@1', with: { host: '{{ parameters.where }}' } }], {
      where: {},
    });
    const { definition } = read([{ id: 'go', template: 'outer@1', with: { where: 'example.org' } }], outer, CALL);
    expect(definition?.steps).toMatchObject([{ id: 'go', type: 'http', config: { url: 'https://example.org/v1' } }]);
  });

  it('runs when its own condition and that of the template hold', () => {
    const guarded = template('guarded', [{ id: 'a', type: 'log', when: '{{ input.a }}', config: { message: 'x' } }]);
    const { definition } = read([{ id: 'b', template: 'guarded@1', when: 'input.b || input.c' }], guarded);
    expect(definition?.steps[0]?.when).toBe('(input.b || input.c) && (input.a)');
  });

  it.each([
    ['false', false, 'input.b', '(input.b) && (false)'],
    ['a parameter that is false', '{{ parameters.on }}', 'input.b', '(input.b) && (false)'],
    ['a condition, and its own is true', 'input.a', true, '(true) && (input.a)'],
    ['true, and its own is false', true, false, '(false) && (true)'],
  ])('does not run by its own condition alone when that of the template is %s', (_what, own, given, expected) => {
    const switchable = template('switchable', [{ id: 'a', type: 'log', when: own, config: { message: 'x' } }], {
      on: { type: 'boolean', default: false },
    });
    const { definition, errors } = read([{ id: 'b', template: 'switchable@1', when: given }], switchable);
    expect(errors).toEqual([]);
    expect(definition?.steps[0]?.when).toBe(expected);
  });

  it('stays on its version when there is a newer one', () => {
    const newer = template('call', [{ id: 'x', type: 'log', config: { message: 'new' } }], {}, 2);
    const { definition } = read([{ id: 'a', template: 'call@1', with: { host: 'h' } }], CALL, newer);
    expect(definition?.steps[0]?.type).toBe('http');
  });
});

describe('a parameter', () => {
  const echo = (value: string, parameters: Record<string, TemplateParameter> = { x: {} }) =>
    template('echo', [{ id: 'e', type: 'set', config: { values: { v: value } } }], parameters);
  const valueOf = (text: string, x: unknown) =>
    (read([{ id: 'a', template: 'echo@1', with: { x } }], echo(text)).definition?.steps[0]?.config?.['values'] as any)
      .v;

  it.each([
    ['{{ parameters.x }}', [1, { a: 'b' }], [1, { a: 'b' }]],
    ['{{ parameters.x }}', '{{ input.a }}', '{{ input.a }}'],
    ['a {{ parameters.x }} c', 'b', 'a b c'],
    ['a {{ parameters.x }} c', '{{ input.a }}/{{ input.b }}', 'a {{ input.a }}/{{ input.b }} c'],
    ['n {{ parameters.x }}', 3, 'n 3'],
    ['l {{ parameters.x }}', [1], 'l {{ [(1)] }}'],
    ['{{ parameters.x + 1 }}', 3, '{{ (3) + 1 }}'],
    ['{{ parameters.x == "parameters.x" }}', 'y', '{{ "y" == "parameters.x" }}'],
    ['{{ size(parameters["x"]) }}', '{{ input.a }} b', '{{ size((string(input.a) + " b")) }}'],
    ['{{ input.parameters.x }}', 'y', '{{ input.parameters.x }}'],
    ['{{ parameters.x.a }}', { a: '{{ input.b }}' }, '{{ {"a": (input.b)}.a }}'],
  ])('%s with %j is %j', (text, given, expected) => expect(valueOf(text, given)).toEqual(expected));

  it('cannot end the expression or the text that it stands in', () => {
    expect(valueOf('{{ parameters.x == "a" }}', '" || true || "')).toBe('{{ "\\" || true || \\"" == "a" }}');
    expect(valueOf('{{ parameters.x && false }}', '{{ true || false }}')).toBe('{{ (true || false) && false }}');
    expect(valueOf('{ {{ parameters.x }} }', '{ input.a }')).toBe('{ {{ "{ input.a }" }} }');
  });

  it('takes its default, or null', () => {
    const step = { id: 'a', template: 'echo@1' };
    const values = (parameters: Record<string, TemplateParameter>) =>
      read([step], echo('{{ parameters.x }}', parameters)).definition?.steps[0]?.config;
    expect(values({ x: { default: 5 } })).toEqual({ values: { v: 5 } });
    expect(values({ x: {} })).toEqual({ values: { v: null } });
  });
});

describe('what is wrong with a use', () => {
  it.each([
    ['a template that is not there', { template: 'cal@1' }, 'template_unknown steps[0].template'],
    ['a version that is not there', { template: 'call@7' }, 'template_unknown steps[0].template'],
    ['no version', { template: 'call' }, 'template_unknown steps[0].template'],
    ['a missing parameter', { template: 'call@1' }, 'template_parameter_required steps[0].with.host'],
    [
      'a parameter that is not there',
      { template: 'call@1', with: { host: 'h', hots: 'x' } },
      'template_parameter_unknown steps[0].with.hots',
    ],
    [
      'a value of another type',
      { template: 'call@1', with: { host: 'h', timeout: 'soon' } },
      'template_parameter_invalid steps[0].with.timeout',
    ],
    [
      'an expression that cannot be read',
      { template: 'call@1', with: { host: '{{ 1 + }}' } },
      'expression_syntax steps[0].with.host',
    ],
    [
      'what the template says itself',
      { template: 'call@1', with: { host: 'h' }, config: {} },
      'field_unknown steps[0].config',
    ],
    [
      'a reference that does not exist, in a value',
      { template: 'save@1', with: { rows: '{{ steps.nobody.output }}' } },
      'reference_unknown steps[0].with.rows',
    ],
    [
      'a name that the template has itself',
      { template: 'save@1', with: { rows: '{{ steps.check.output }}' } },
      'template_parameter_invalid steps[0].with.rows',
    ],
  ])('%s', (_what, step, expected) => expect(faults([{ id: 'a', ...step }], CALL, SAVE)).toEqual([expected]));

  it('is told with the line and column where it stands', () => {
    const text = 'name: n\nsteps:\n  - id: a\n    template: call@1\n    with:\n      host: h\n      timeout: soon\n';
    expect(read(text, CALL).errors).toMatchObject([{ code: 'template_parameter_invalid', line: 7, column: 16 }]);
    const broken = template('broken', [
      { id: 'a', type: 'nothing' },
      { id: 'b', type: 'log', config: { nope: 1 } },
    ]);
    expect(read(text.replace('call', 'broken').replace(/ {4}with:[\s\S]*/, ''), broken).errors).toMatchObject([
      { path: 'steps[0].template.steps[0].type', line: 4, column: 15 },
      { path: 'steps[0].template.steps[1].config.nope', line: 4, column: 15 },
    ]);
  });

  it('is a loop variable that the template binds itself', () => {
    const each = template('each', [{ id: 'l', type: 'loop', config: { items: [1], steps: [SAVE_X] } }], { x: {} });
    const outer = { id: 'o', type: 'loop', config: { items: [1], steps: [] as unknown[] } };
    outer.config.steps.push({ id: 'u', template: 'each@1', with: { x: '{{ item }}' } });
    expect(faults([outer], each)).toEqual(['template_parameter_invalid steps[0].config.steps[0].with.x']);
  });

  it('is a circle of templates', () => {
    const a = template('a', [{ id: 'x', template: 'b@1' }]);
    const b = template('b', [{ id: 'y', template: 'a@1' }]);
    const { errors } = read([{ id: 's', template: 'a@1' }], a, b);
    expect(errors).toMatchObject([{ code: 'template_cycle', message: expect.stringContaining('a@1 -> b@1 -> a@1') }]);
  });

  it('is a nesting too deep', () => {
    const chain = [1, 2, 3, 4, 5].map((n) => template(`t${n}`, [{ id: 'x', template: `t${n + 1}@1` }]));
    const last = template('t6', [{ id: 'x', type: 'log', config: { message: 'x' } }]);
    expect(faults([{ id: 's', template: 't1@1' }], ...chain, last)[0]).toMatch(/^nesting_too_deep /);
    expect(faults([{ id: 's', template: 't2@1' }], ...chain, last)).toEqual([]);
  });

  it('is a text that doubles itself beyond all bounds', () => {
    const twice = '{{ parameters.x }} '.repeat(1_000);
    const steps = (n: number) =>
      n === 3
        ? [{ id: 'x', type: 'set', config: { values: { v: twice } } }]
        : [{ id: 'x', template: `d${n + 1}@1`, with: { x: twice } }];
    const bombs = [1, 2, 3].map((n) => template(`d${n}`, steps(n), { x: {} }));
    expect(faults([{ id: 's', template: 'd1@1', with: { x: 'a'.repeat(100) } }], ...bombs)[0]).toMatch(
      /^definition_too_large /,
    );
  });
});

const SAVE_X = { id: 's', type: 'set', config: { values: { v: '{{ parameters.x }}' } } };
