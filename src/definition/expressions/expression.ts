import { type Environment, type ParseResult } from '@marcbachmann/cel-js';
import { didYouMean } from '../did-you-mean.js';
import type { Expression, Names } from '../plan.js';
import { metered } from './budget.js';
import { ExpressionError, InvalidExpressionError } from './expression.errors.js';
import { guardEvaluation } from './guard-evaluation.js';
import { BASE_NAMES, environmentWith, functionNames } from './language.js';
import { compilePattern } from './linear-regex.js';
import { readExpression, type References } from './references.js';
import { children, expanded, type SyntaxNode } from './syntax-tree.js';
import { toPlain } from './values.js';

export interface CompileOptions {
  /** Names beside `BASE_NAMES`: `item`, `index`, `output`, `event`. Default none. */
  readonly names?: readonly string[];
  /** Where the text stands, for errors: `config.url`. Default empty. */
  readonly path?: string;
}

export interface CompiledExpression extends Expression {
  readonly references: References;
  readonly isConstant: boolean;
  /** As far as it is known without values: `bool`, `string`, `dyn`, … */
  readonly resultType: string;
}

const LONGEST = 10_000;

/** Compiles CEL text without braces. @throws InvalidExpressionError */
export function compileExpression(source: string, options: CompileOptions = {}): CompiledExpression {
  const path = options.path ?? '';
  if (source.trim() === '') throw new InvalidExpressionError('expression_syntax', 'The expression is empty.', path);
  if (source.length > LONGEST) {
    throw new InvalidExpressionError('expression_too_large', `An expression may have ${LONGEST} characters.`, path);
  }
  const names = options.names ?? [];
  const parsed = parse(source, environmentWith(names), path);
  const root = parsed.ast as unknown as SyntaxNode;
  softenTernaries(expanded(root));
  const resultType = check(parsed, source, names, path);
  const reading = readExpression(root);
  checkPatterns(reading.patterns, path);
  guardEvaluation(expanded(root));
  return new CelExpression(source, path, parsed, reading.references, reading.isConstant, reading.isPath, resultType);
}

class CelExpression implements CompiledExpression {
  constructor(
    readonly source: string,
    private readonly path: string,
    private readonly run: (names: Names) => unknown,
    readonly references: References,
    readonly isConstant: boolean,
    private readonly isPath: boolean,
    readonly resultType: string,
  ) {}

  evaluate(names: Names): unknown {
    try {
      const value = metered(() => this.run(names));
      return this.isPath ? value : toPlain(value);
    } catch (error) {
      throw new ExpressionError(this.source, this.path, reasonOf(error), error);
    }
  }

  test(names: Names): boolean {
    const value = this.evaluate(names);
    if (typeof value === 'boolean') return value;
    const type = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
    throw new ExpressionError(this.source, this.path, `it must be true or false, and is ${type}`);
  }
}

function parse(source: string, environment: Environment, path: string): ParseResult {
  try {
    return environment.parse(source);
  } catch (error) {
    const code = codeOf(error) === 'limit_exceeded' ? 'expression_too_large' : 'expression_syntax';
    throw new InvalidExpressionError(code, `{{ ${source.trim()} }}: ${reasonOf(error)}${placeOf(error)}.`, path);
  }
}

function check(parsed: ParseResult, source: string, names: readonly string[], path: string): string {
  let result: ReturnType<ParseResult['check']>;
  try {
    result = parsed.check();
  } catch (error) {
    throw new InvalidExpressionError('expression_too_large', `{{ ${source.trim()} }}: ${reasonOf(error)}.`, path);
  }
  if (result.valid) return result.type ?? 'dyn';
  const reason = reasonOf(result.error);
  const message = `{{ ${source.trim()} }}: ${reason}${placeOf(result.error)}.`;
  const unknownName = /^Unknown variable: (\w+)/.exec(reason)?.[1];
  if (unknownName !== undefined) {
    const known = [...BASE_NAMES, ...names];
    const hint = didYouMean(unknownName, known) ?? `Known here: ${known.join(', ')}. Text stands in quotes.`;
    throw new InvalidExpressionError('expression_unknown_name', message, path, hint);
  }
  const called = /^found no matching overload for '(?:[^'(]*\.)?(\w+)\(/.exec(reason)?.[1];
  if (called !== undefined && !functionNames().includes(called)) {
    const hint = didYouMean(called, functionNames());
    throw new InvalidExpressionError('expression_unknown_function', message, path, hint);
  }
  throw new InvalidExpressionError('expression_type', message, path);
}

function checkPatterns(patterns: readonly string[], path: string): void {
  for (const pattern of patterns) {
    try {
      compilePattern(pattern);
    } catch (error) {
      const message = `matches(): the pattern ${JSON.stringify(pattern)} is not valid: ${reasonOf(error)}.`;
      throw new InvalidExpressionError('expression_syntax', message, path, 'RE2 syntax, without look-around.');
    }
  }
}

interface Checker {
  dynType: unknown;
}
type Check = (checker: Checker, node: SyntaxNode, context: unknown) => unknown;

/** JSON mixes types freely, so both branches of `a ? b : c` may too: `ok ? "yes" : null`. */
function softenTernaries(node: SyntaxNode): void {
  if (node.op === '?:') {
    const strict = (node.meta as { check: Check }).check;
    const soft: Check = (checker, ternary, context) => {
      try {
        return strict(checker, ternary, context);
      } catch (error) {
        if (codeOf(error) === 'incompatible_ternary_branches') return checker.dynType;
        throw error;
      }
    };
    node.setMeta('check', soft);
  }
  for (const child of children(node)) softenTernaries(child);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** The library's message without its drawing of the source. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return 'it is nested too deep';
  if (error instanceof Error && 'summary' in error) return String(error.summary);
  return error instanceof Error ? error.message : 'it failed';
}

function placeOf(error: unknown): string {
  const range = error instanceof Error && 'range' in error ? (error.range as { start: number } | undefined) : undefined;
  return range === undefined ? '' : ` (at character ${range.start + 1})`;
}
