import { Environment, EvaluationError, Optional } from '@marcbachmann/cel-js';
import { registerFunctions } from './functions.js';
import { MissingValueError } from './guard-evaluation.js';
import { isNode, type SyntaxNode } from './syntax-tree.js';

/** What every expression may use; values are looked up when it runs. */
export const BASE_NAMES: readonly string[] = ['input', 'variables', 'secrets', 'steps', 'trigger', 'execution', 'env'];
/** Names that are known in some places only. */
export const PLACE_NAMES: readonly string[] = ['item', 'index', 'output', 'event'];

const LIMITS = { maxAstNodes: 2000, maxDepth: 64, maxListElements: 500, maxMapEntries: 500, maxCallArguments: 32 };

const root = new Environment({
  unlistedVariablesAreDyn: false,
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  limits: LIMITS,
});
registerNumbers();
registerFunctions(root);
registerDefault();
for (const name of BASE_NAMES) root.registerVariable(name, 'dyn');

const environments = new Map<string, Environment>();

/** The language with some names beside the usual ones. */
export function environmentWith(names: readonly string[]): Environment {
  const extra = [...new Set(names)].filter((name) => !root.hasVariable(name)).sort();
  const key = extra.join(',');
  let environment = environments.get(key);
  if (!environment) {
    environment = root.clone();
    for (const name of extra) environment.registerVariable(name, 'dyn');
    if (environments.size >= 500) environments.clear();
    environments.set(key, environment);
  }
  return environment;
}

/** Functions by name, for "did you mean". */
export function functionNames(): string[] {
  return [...new Set(root.getDefinitions().functions.map((definition) => definition.name))];
}

/** JSON numbers are doubles, literals are integers: every mix of them computes, compares and joins text. */
function registerNumbers(): void {
  for (const [left, right] of [
    ['int', 'double'],
    ['double', 'int'],
  ] as const) {
    root.registerOperator(
      `${left} + ${right}: double`,
      (a: bigint | number, b: bigint | number) => Number(a) + Number(b),
    );
    root.registerOperator(
      `${left} - ${right}: double`,
      (a: bigint | number, b: bigint | number) => Number(a) - Number(b),
    );
    root.registerOperator(
      `${left} * ${right}: double`,
      (a: bigint | number, b: bigint | number) => Number(a) * Number(b),
    );
    root.registerOperator(`${left} / ${right}: double`, (a: bigint | number, b: bigint | number) =>
      divide(Number(a), Number(b)),
    );
    root.registerOperator(`${left} % ${right}: double`, (a: bigint | number, b: bigint | number) =>
      modulo(Number(a), Number(b)),
    );
  }
  root.registerOperator('double % double: double', modulo);
  // eslint-disable-next-line eqeqeq -- an integer literal is a BigInt
  root.registerOperator('int == double: bool', (a: unknown, b: unknown) => a == b);
  for (const number of ['int', 'double', 'bool']) {
    root.registerOperator(`string + ${number}: string`, (a: string, b: unknown) => a + String(b));
    root.registerOperator(`${number} + string: string`, (a: unknown, b: string) => String(a) + b);
  }
}

function divide(a: number, b: number): number {
  if (b === 0) throw new Error('division by zero');
  return a / b;
}

function modulo(a: number, b: number): number {
  if (b === 0) throw new Error('modulo by zero');
  return a % b;
}

interface Evaluator {
  run(node: SyntaxNode, context: unknown): unknown;
}
interface Checker {
  check(node: SyntaxNode, context: unknown): unknown;
  getType(name: string): unknown;
}
interface DefaultMacro {
  args: readonly SyntaxNode[];
}

const ABSENT: ReadonlySet<string> = new Set([
  'no_such_key',
  'index_out_of_bounds',
  'unknown_variable',
  'optional_value_missing',
]);

/** `default(value, fallback)`: the fallback is evaluated only when the value is missing, null or an empty optional. */
function registerDefault(): void {
  const expand = ({ args }: { args: readonly SyntaxNode[] }) => ({
    args,
    async: false,
    typeCheck(checker: Checker, macro: DefaultMacro, context: unknown) {
      for (const argument of macro.args) checker.check(argument, context);
      return checker.getType('dyn');
    },
    evaluate(evaluator: Evaluator, macro: DefaultMacro, context: unknown) {
      const [value, fallback] = macro.args;
      if (!isNode(value) || !isNode(fallback)) throw new Error('default() takes a value and a fallback');
      const found = present(() => evaluator.run(value, context));
      return found === undefined || found === null ? evaluator.run(fallback, context) : found;
    },
  });
  root.registerFunction('default(ast, ast): dyn', expand as unknown as (...args: unknown[]) => unknown);
}

function present(read: () => unknown): unknown {
  try {
    const value = read();
    if (!(value instanceof Optional)) return value;
    return value.hasValue() ? value.value() : undefined;
  } catch (error) {
    if (error instanceof MissingValueError) return undefined;
    if (error instanceof EvaluationError && ABSENT.has(error.code)) return undefined;
    throw error;
  }
}
