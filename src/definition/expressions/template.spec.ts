import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplate } from './template.js';
import { soleTemplate, splitTemplate } from './split-template.js';

const names = { input: { id: 7, list: [1, 2], name: 'Ada', none: null }, secrets: { token: 's3' } };
const render = (value: unknown): unknown => compileTemplate(value).evaluate(names);

describe('a template', () => {
  it.each<[unknown, unknown]>([
    ['{{ input.list }}', [1, 2]],
    ['{{input.id}}', 7],
    ['id {{ input.id }}', 'id 7'],
    ['{{ input.name }} {{ input.list }}', 'Ada [1,2]'],
    ['{{ input.none }}', null],
    ['x{{ input.none }}', 'xnull'],
    ['{{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
    ['{{ {"a": "}}"} }}', { a: '}}' }],
    ["{{ '{{' }} as text }}", '{{ as text }}'],
    ["{{ r'\\d' }}", '\\d'],
    ['{{ "\\"}}" }}', '"}}'],
    [
      { a: ['{{ input.id }}', { b: 'x' }], c: true },
      { a: [7, { b: 'x' }], c: true },
    ],
    ['plain', 'plain'],
    ['', ''],
    [5, 5],
    [null, null],
  ])('%j', (value, expected) => expect(render(value)).toEqual(expected));

  it('is constant when nothing in it depends on names', () => {
    expect(compileTemplate({ a: 1, b: ['x', "{{ '{{' }}"] }).isConstant).toBe(true);
    expect(compileTemplate({ a: '{{ input.id }}' }).isConstant).toBe(false);
    expect(compileTemplate('{{ uuid() }}').isConstant).toBe(false);
  });

  it('names the path of what failed', () => {
    const template = compileTemplate({ headers: [{ 'X-Id': '{{ input.nope }}' }] }, { path: 'config' });
    expect(() => template.evaluate(names)).toThrow(
      'config.headers[0].X-Id: {{ input.nope }}: there is no field "nope"',
    );
  });

  it('refuses one that is not closed', () => {
    expect(() => compileTemplate('{{ input.id')).toThrow('does not close');
    expect(() => compileTemplate('{{ "}} ')).toThrow('does not close');
  });

  it('reports every fault to who asks for all', () => {
    const faults: string[] = [];
    compileTemplate({ a: '{{ nope }}', b: '{{ 1 + }}' }, { onFault: (fault) => faults.push(fault.path) });
    expect(faults).toEqual(['a', 'b']);
  });

  it('without two braces is the value as written', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('{{') && !/__proto__|constructor|prototype/.test(JSON.stringify(value)));
        expect(JSON.stringify(render(value))).toBe(JSON.stringify(value));
      }),
    ));

  it('splits any text or says that it is not closed', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('{', '}', 'a', '"', "'", '\\', ' ') }), (text) => {
        try {
          const parts = splitTemplate(text);
          expect(parts.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toMatchObject({ code: 'template_unclosed' });
        }
      }),
    ));

  it('knows a string that is one template', () => {
    expect(soleTemplate(' {{ a }} ')).toBe('a');
    expect(soleTemplate('{{ a }}{{ b }}')).toBeNull();
    expect(soleTemplate('a > 1')).toBeNull();
  });
});
