import type { Names, Template } from '../plan.js';
import { ExpressionError, InvalidExpressionError } from './expression.errors.js';
import { compileExpression, type CompiledExpression, type CompileOptions } from './expression.js';
import { splitTemplate } from './split-template.js';
import { FORBIDDEN_KEYS, isPlainObject } from './values.js';

export interface CompiledTemplate extends Template {
  /** All expressions in it, with their paths. */
  readonly expressions: readonly { readonly path: string; readonly expression: CompiledExpression }[];
}

/** A part of a compiled value: a constant, or how to make it from names. */
type Maker = { readonly constant: unknown } | { readonly make: (names: Names) => unknown };

/**
 * Compiles a JSON value. A string that is one `{{ … }}` keeps the type of its value; text around it makes a string.
 * Collects every fault when `onFault` is given and throws the first otherwise. @throws InvalidExpressionError
 */
export function compileTemplate(
  value: unknown,
  options: CompileOptions & { readonly onFault?: (fault: InvalidExpressionError) => void } = {},
): CompiledTemplate {
  const expressions: { path: string; expression: CompiledExpression }[] = [];
  const compiler = new TemplateCompiler(options, (path, expression) => expressions.push({ path, expression }));
  const maker = compiler.compile(value, options.path ?? '');
  if ('constant' in maker) {
    const { constant } = maker;
    return { isConstant: true, expressions, evaluate: () => constant };
  }
  return { isConstant: false, expressions, evaluate: maker.make };
}

class TemplateCompiler {
  constructor(
    private readonly options: CompileOptions & { readonly onFault?: (fault: InvalidExpressionError) => void },
    private readonly note: (path: string, expression: CompiledExpression) => void,
  ) {}

  compile(value: unknown, path: string): Maker {
    if (typeof value === 'string')
      return value.includes('{{') ? this.guarded(() => this.text(value, path)) : constant(value);
    if (Array.isArray(value)) return this.list(value, path);
    if (isPlainObject(value)) return this.map(value, path);
    return constant(value);
  }

  private guarded(compile: () => Maker): Maker {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof InvalidExpressionError) || !this.options.onFault) throw error;
      this.options.onFault(error);
      return constant(null);
    }
  }

  private text(text: string, path: string): Maker {
    const parts = splitTemplate(text, path);
    const makers = parts.map((part) =>
      typeof part === 'string' ? constant(part) : this.expression(part.source, path),
    );
    const [only] = makers;
    if (makers.length === 1 && only) return only;
    if (makers.every((maker) => 'constant' in maker))
      return constant(makers.map((maker) => asText(maker.constant)).join(''));
    return {
      make: (names) => {
        let result = '';
        for (const maker of makers) result += asText('constant' in maker ? maker.constant : maker.make(names));
        return result;
      },
    };
  }

  private expression(source: string, path: string): Maker {
    const expression = compileExpression(source, { ...this.options, path });
    this.note(path, expression);
    if (!expression.isConstant) return { make: (names) => expression.evaluate(names) };
    try {
      return constant(expression.evaluate({}));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new InvalidExpressionError('expression_type', error.message, path);
    }
  }

  private list(list: readonly unknown[], path: string): Maker {
    const makers = list.map((item, index) => this.compile(item, `${path}[${index}]`));
    if (makers.every((maker) => 'constant' in maker)) return constant(makers.map((maker) => maker.constant));
    return { make: (names) => makers.map((maker) => ('constant' in maker ? maker.constant : maker.make(names))) };
  }

  private map(map: Record<string, unknown>, path: string): Maker {
    const keys = Object.keys(map).filter((key) => !FORBIDDEN_KEYS.has(key));
    const makers = keys.map((key) => this.compile(map[key], path === '' ? key : `${path}.${key}`));
    const build = (value: (maker: Maker) => unknown): Record<string, unknown> => {
      const result: Record<string, unknown> = {};
      for (let index = 0; index < keys.length; index += 1) {
        const maker = makers[index];
        if (maker) result[keys[index] ?? ''] = value(maker);
      }
      return result;
    };
    if (makers.every((maker) => 'constant' in maker))
      return constant(build((maker) => ('constant' in maker ? maker.constant : null)));
    return { make: (names) => build((maker) => ('constant' in maker ? maker.constant : maker.make(names))) };
  }
}

function constant(value: unknown): { readonly constant: unknown } {
  return { constant: value };
}

/** Inside text: strings as they are, everything else as JSON. */
function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
