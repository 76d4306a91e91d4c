import { ExpressionCompiler } from '../expression-compiler.js';
import type { Expression, Template } from '../plan.js';
import { InvalidExpressionError } from './expression.errors.js';
import { compileExpression } from './expression.js';
import { soleTemplate } from './split-template.js';
import { compileTemplate } from './template.js';

/** The language of definitions for what stands outside of a plan. */
export class CelExpressionCompiler extends ExpressionCompiler {
  override expression(source: string): Expression {
    const inner = soleTemplate(source);
    if (inner === null && source.includes('{{')) {
      const message = `"${source.slice(0, 80)}" must be one expression, with or without braces around all of it.`;
      throw new InvalidExpressionError('expression_syntax', message, '');
    }
    return compileExpression(inner ?? source);
  }

  override template(value: unknown): Template {
    return compileTemplate(value);
  }
}
