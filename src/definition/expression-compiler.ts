import { compileExpression } from './expressions/expression.js';
import { soleTemplate } from './expressions/split-template.js';
import { compileTemplate } from './expressions/template.js';
import type { Expression, Template } from './plan.js';

/** Compiles what stands outside a plan: a trigger's `filter`, `input` and `dedup.key`. */
export abstract class ExpressionCompiler {
  /** Braces may be left out. @throws InvalidExpressionError with a code such as `expression_syntax` */
  abstract expression(source: string): Expression;
  /** Any JSON value in which strings may hold `{{ … }}`. @throws InvalidExpressionError with a code such as `expression_syntax` */
  abstract template(value: unknown): Template;
}

/** The language of definitions, outside of them. */
export class CelExpressionCompiler extends ExpressionCompiler {
  override expression(source: string): Expression {
    return compileExpression(soleTemplate(source) ?? source);
  }

  override template(value: unknown): Template {
    return compileTemplate(value);
  }
}
