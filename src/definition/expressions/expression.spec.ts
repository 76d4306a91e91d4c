import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnsOfLastEvaluation } from './budget.js';
import { ExpressionError, InvalidExpressionError } from './expression.errors.js';
import { compileExpression } from './expression.js';

const evaluate = (source: string, names: Record<string, unknown> = {}): unknown =>
  compileExpression(source, { names: ['item', 'index', 'output', 'event'] }).evaluate(names);

const input = {
  amount: 10,
  half: 0.5,
  name: 'Ada',
  tags: ['a', 'b'],
  nested: { list: [{ id: 1 }, { id: 2 }], none: null },
  flag: true,
  constructor: 'own',
};

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['10 / 4', 2],
    ['input.amount / 4', 2.5],
    ['input.amount + 1', 11],
    ['1 + input.amount', 11],
    ['input.half * 2', 1],
    ['input.amount - 1 == 9', true],
    ['input.amount % 3', 1],
    ['input.amount == 10', true],
    ['10 == input.amount', true],
    ['1 == 1.0', true],
    ['input.amount != 10', false],
    ['input.amount > 9 && input.amount <= 10.5', true],
    ['input.name == 1', false],
    ['input.half in [0.5, 2]', true],
    ['has(input.nope.deeper)', false],
    ['input.amount in [5, 10]', true],
    ['"a" in input.tags', true],
    ['"name" in input', true],
    ['"nope" in input', false],
    ['input.tags + ["c"]', ['a', 'b', 'c']],
    ['[1, "a", null, true]', [1, 'a', null, true]],
    ['{"a": 1, "b": [2]}', { a: 1, b: [2] }],
    ['input.tags[1]', 'b'],
    ['input.tags[input.half * 2]', 'b'],
    ['input["name"]', 'Ada'],
    ['input.nested.list.map(x, x.id * 2)', [2, 4]],
    ['input.nested.list.filter(x, x.id > 1)', [{ id: 2 }]],
    ['input.nested.list.exists(x, x.id == 2)', true],
    ['input.nested.list.all(x, x.id > 0)', true],
    ['input.nested.list.exists_one(x, x.id == 2)', true],
    ['size(input.tags)', 2],
    ['input.tags.size()', 2],
    ['size("héé")', 3],
    ['input.flag ? "yes" : null', 'yes'],
    ['!input.flag', false],
    ['input.name + " is " + input.amount', 'Ada is 10'],
    ['input.name.startsWith("A") && input.name.contains("d")', true],
    ['input.name.matches("^A.a$")', true],
    ['matches(input.name, "^b")', false],
    ['has(input.nested.list)', true],
    ['has(input.nested.nope)', false],
    ['input.?nope.orValue("x")', 'x'],
    ['input.nested.?list[0].?id.orValue(9)', 1],
    ['input.?nope', null],
    ['default(input.nope.deeper, "x")', 'x'],
    ['default(input.nested.none, 3)', 3],
    ['default(input.nested.none.deeper, 3)', 3],
    ['default(input.tags[7], "none")', 'none'],
    ['default(input.amount, 1)', 10],
    ['default(input.?amount, 1)', 10],
    ['default(input.?nope, 1)', 1],
    ['default(input.?nested.?none, 1)', 1],
    ['default(item, 5)', 5],
    ['string(12) + "!"', '12!'],
    ['int("42")', 42],
    ['double("1.5")', 1.5],
    ['type(1) == int', true],
    ['9007199254740993', '9007199254740993'],
    ['[9007199254740993, 1]', ['9007199254740993', 1]],
    ['json({"a": [1, 2.5, "x"]})', '{"a":[1,2.5,"x"]}'],
    ['parse_json("{\\"a\\": [1]}").a[0]', 1],
    ['base64_encode("hé")', 'aMOp'],
    ['base64_decode("aMOp")', 'hé'],
    ['sha256("a")', 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb'],
    ['lower("AbC") + upper("x") + trim("  y ")', 'abcXy'],
    ['"AbC".lower() + "x".upper() + " y ".trim()', 'abcXy'],
    ['split("a,b", ",")', ['a', 'b']],
    ['"a,b".split(",").join("-")', 'a-b'],
    ['join(input.tags, "+")', 'a+b'],
    ['[1, "a", true].join(",")', '1,a,true'],
    ['replace("a.b.c", ".", "$&")', 'a$&b$&c'],
    ['"a.b".replace(".", "")', 'ab'],
    ['format_time("2026-03-01T12:00:00Z", "yyyy-MM-dd HH:mm", "Asia/Shanghai")', '2026-03-01 20:00'],
    ['format_time(timestamp("2026-03-01T12:00:00Z"), "dd LLL")', '01 Mar'],
    ['format_time(0, "yyyy")', '1970'],
    ['timestamp("2026-03-01T12:00:00Z") + duration("90m")', '2026-03-01T13:30:00.000Z'],
    ['duration("90s")', '90s'],
    ['timestamp("2026-03-01T12:00:00Z").getFullYear()', 2026],
    ['b"abc"', 'YWJj'],
    ['cel.bind(x, input.amount, x + x)', 20],
    ['size(uuid())', 36],
    ['now() > timestamp("2020-01-01T00:00:00Z")', true],
  ])('%s', (source, expected) => expect(evaluate(source, { input })).toEqual(expected));

  it('hands on data that has a field named constructor as it is', () => {
    const input = { a: 1, constructor: 'x', list: [{ constructor: { name: 'y' }, b: 2 }] };
    expect(evaluate('input', { input })).toEqual(input);
    expect(JSON.parse(evaluate('json(input)', { input }) as string)).toEqual(input);
    expect(evaluate('input.list.map(one, one.b)', { input })).toEqual([2]);
    expect(evaluate('input.list.map(one, one)', { input })).toEqual(input.list);
    expect(evaluate('{"in": input, "size": size(input)}', { input })).toEqual({ in: input, size: 2 });
    expect(evaluate('json([{"x": input}])', { input })).toBe(JSON.stringify([{ x: input }]));
    expect(evaluate('json(parse_json(input.text))', { input: { text: '[{"constructor":1}]' } })).toBe(
      '[{"constructor":1}]',
    );
    expect(evaluate('input.map(key, key)', { input })).toContain('a');
    expect(evaluate('default(input, 1)', { input })).toEqual(input);
    expect(evaluate('true ? input : {}', { input })).toEqual(input);
    expect(evaluate('[input] + [input.list[0]]', { input })).toEqual([input, input.list[0]]);
    expect(evaluate('input == input && input.list[0] != input', { input })).toBe(true);
  });

  it('reads fields of data that has a field named constructor', () =>
    expect(evaluate('steps.x.output.a', { steps: { x: { output: { constructor: 1, a: 2 } } } })).toBe(2));

  it.each([
    ['input.nope', 'there is no field "nope"'],
    ['input.name.first', 'the value before it is a string'],
    ['input.nested.none.x', 'the value before it is null'],
    ['input.tags[5]', 'the list of 2 has no item 5'],
    ['1 / 0', 'division by zero'],
    ['input.name - 1', 'no such overload'],
    ['parse_json("{")', 'not JSON'],
    ['format_time("2026-03-01T12:00:00Z", "yyyy", "Mars/One")', 'Mars/One'],
    ['item.x', '"item" is not known here'],
    ['1.0 / 0.0', 'not a finite number'],
  ])('%s fails with a reason', (source, reason) => {
    const expression = compileExpression(source, { path: 'config.url', names: ['item'] });
    const failure = catchError(() => expression.evaluate({ input }));
    expect(failure).toBeInstanceOf(ExpressionError);
    expect(failure).toMatchObject({ code: 'expression_failed', expression: source, path: 'config.url' });
    expect((failure as Error).message).toContain(reason);
  });

  it('is tested for true or false and nothing else', () => {
    expect(compileExpression('input.amount > 1').test({ input })).toBe(true);
    expect(() => compileExpression('input.amount').test({ input })).toThrow('must be true or false');
  });

  it.each([
    ['1 +', 'expression_syntax'],
    ['', 'expression_syntax'],
    ['inptu.x', 'expression_unknown_name'],
    ['process.env', 'expression_unknown_name'],
    ['globalThis', 'expression_unknown_name'],
    ['__proto__', 'expression_syntax'],
    ['uper("a")', 'expression_unknown_function'],
    ['"a".uper()', 'expression_unknown_function'],
    ['lower(1)', 'expression_type'],
    ['"a" - 1', 'expression_type'],
    ['"a".matches("(?=a)")', 'expression_syntax'],
    [`[${'1,'.repeat(3000)}1]`, 'expression_too_large'],
    [`${'('.repeat(500)}1${')'.repeat(500)}`, 'expression_too_large'],
  ])('%s is refused when compiled', (source, code) => {
    const failure = catchError(() => compileExpression(source));
    expect(failure).toBeInstanceOf(InvalidExpressionError);
    expect((failure as InvalidExpressionError).code).toBe(code);
  });

  it('suggests the name that was meant', () => {
    expect(catchError(() => compileExpression('inptu.x'))).toMatchObject({ hint: 'Did you mean "input"?' });
    expect(catchError(() => compileExpression('uper("a")'))).toMatchObject({ hint: 'Did you mean "upper"?' });
  });

  it('knows what it reads', () => {
    const { references } = compileExpression(
      'steps.a.output + steps["b-c"].x + input.l.map(steps, steps.z) + secrets.k',
    );
    expect([...references.steps]).toEqual(['a', 'b-c']);
    expect([...references.secrets]).toEqual(['k']);
    expect([...references.names].sort()).toEqual(['input', 'secrets', 'steps']);
  });
});

describe('an expression cannot reach JavaScript', () => {
  it.each([
    'input.constructor',
    'input["constructor"]',
    'input.__proto__',
    'input["__proto__"]',
    'input.nested.constructor.constructor',
    'input.tags.constructor',
    'input.name.constructor',
    'input.toString',
    'input.tags.length',
    'input.secretMethod',
    'input.date.getTime',
    'input.custom.x',
    'parse_json("{\\"__proto__\\": {\\"x\\": 1}}").x',
  ])('%s', (source) => {
    class Custom {
      x = 1;
    }
    const hostile = { ...input, secretMethod: () => 1, date: new Date(0), custom: new Custom() };
    expect(() => evaluate(source, { input: hostile })).toThrow(ExpressionError);
  });

  it('never answers with a function or a prototype, whatever is written', () => {
    const names = ['input', 'constructor', 'prototype', '__proto__', 'toString', 'tags', 'name', 'map', 'x'];
    const source = fc
      .array(fc.oneof(fc.constantFrom(...names), fc.constantFrom('.', '(', ')', '[', ']', '"', ' + ', '1', ',')), {
        maxLength: 12,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(source, (text) => {
        let value: unknown;
        try {
          value = compileExpression(text).evaluate({ input });
        } catch (error) {
          expect(error instanceof ExpressionError || error instanceof InvalidExpressionError).toBe(true);
          return;
        }
        expect(() => structuredClone(value)).not.toThrow();
        expect(value).not.toBe(Object.prototype);
      }),
    );
  });
});

describe('a runaway ends by its cost', () => {
  const list = Array.from({ length: 2000 }, (_, number) => number);
  const text = 'a'.repeat(1_000_000);
  it.each([
    'input.list.map(a, input.list.map(b, input.list.map(c, c)))',
    'input.list.exists(a, input.list.exists(b, input.list.exists(c, c < 0)))',
    'input.list.all(a, input.list.exists(b, [1][5] == b) || input.list.exists(c, [1][5] == c))',
    'input.list.filter(a, input.list.filter(b, b in input.list) == input.list)',
    'input.list.map(a, input.text.upper())',
    'input.list.map(a, input.text.matches("(a+)+$"))',
    'input.list.map(a, sha256(input.text))',
  ])('%s', (source) => {
    expect(() => evaluate(source, { input: { list, text } })).toThrow('costs more than');
    expect(turnsOfLastEvaluation()).toBeLessThan(1_100_000);
  });

  it('text and lists that double again and again', () => {
    const nested = (start: string, grow: (name: string) => string): string => {
      let source = 'v40';
      for (let turn = 40; turn > 0; turn -= 1) source = `cel.bind(v${turn}, ${grow(`v${turn - 1}`)}, ${source})`;
      return `cel.bind(v0, ${start}, ${source})`;
    };
    expect(() => evaluate(nested('"xxxxxxxx"', (name) => `${name} + ${name}`))).toThrow();
    expect(() => evaluate(nested('[1, 2]', (name) => `${name} + ${name}`))).toThrow();
    expect(() => evaluate(nested('[1, 2]', (name) => `[${name}, ${name}]`))).toThrow();
  });

  it('a loop within bounds runs to its end', () =>
    expect(evaluate('size(input.list.map(a, a + 1))', { input: { list } })).toBe(2000));

  it('hostile patterns take linear time', () =>
    expect(evaluate('input.text.matches("^(a+)+$")', { input: { text: `${'a'.repeat(5000)}!` } })).toBe(false));
});

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
