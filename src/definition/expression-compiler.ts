import { compileExpression, type CompiledExpression } from './expressions/expression.js';
import { soleTemplate } from './expressions/split-template.js';
import { compileCondition } from './step-config.js';
import { compileTemplate, type CompiledTemplate } from './expressions/template.js';

/** Compiles what stands outside a plan: a trigger's `filter`, `input` and `dedup.key`. */
export abstract class ExpressionCompiler {
  /**
   * Braces may be left out. `names`: known beside the usual ones.
   * @throws InvalidExpressionError with a code such as `expression_syntax`
   */
  abstract expression(source: string, names?: readonly string[]): CompiledExpression;
  /** The same of one that is true or false. @throws InvalidExpressionError */
  abstract condition(source: string, names?: readonly string[]): CompiledExpression;
  /** Any JSON value in which strings may hold `{{ … }}`. @throws InvalidExpressionError with a code such as `expression_syntax` */
  abstract template(value: unknown): CompiledTemplate;
}

/** The language of definitions, outside of them. */
export class CelExpressionCompiler extends ExpressionCompiler {
  override expression(source: string, names: readonly string[] = []): CompiledExpression {
    return compileExpression(soleTemplate(source) ?? source, { names });
  }

  override condition(source: string, names: readonly string[] = []): CompiledExpression {
    return compileCondition(source, { names });
  }

  override template(value: unknown): CompiledTemplate {
    return compileTemplate(value);
  }
}
