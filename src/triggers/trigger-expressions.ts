import { Injectable } from '@nestjs/common';
import { AppConfig } from '../common/config/app-config.js';
import { AppError, type Fault } from '../common/errors/app-error.js';
import { ExpressionCompiler } from '../definition/expression-compiler.js';
import type { CompiledExpression } from '../definition/expressions/expression.js';
import { unknownNames } from '../definition/expressions/unknown-names.js';
import { SecretStore } from '../secrets/secret-store.js';
import { SecretMissingError } from './triggers.errors.js';

const MOST_KEPT = 5_000;

/** Expressions and templates in the configs of trigger types; they see `env`, and templates `secrets`. */
@Injectable()
export class TriggerExpressions {
  private readonly kept = new Map<string, CompiledExpression>();

  constructor(
    private readonly compiler: ExpressionCompiler,
    private readonly secrets: SecretStore,
    private readonly settings: AppConfig,
  ) {}

  /** Faults of an expression that is true or false, and sees `env` and `names`. */
  faultsIn(path: string, source: string, names: readonly string[]): readonly Fault[] {
    return this.attempt(path, () => unknownIn(path, this.compiler.condition(source, names), [...names, 'env']));
  }

  /** Faults of a value in which strings may hold `{{ secrets.x }}` and `{{ env.X }}`. */
  faultsInTemplate(path: string, value: unknown): readonly Fault[] {
    return this.attempt(path, () => {
      const { expressions } = this.compiler.template(value);
      return expressions.flatMap(({ path: place, expression }) =>
        unknownIn(`${path}.${place}`, expression, ['secrets', 'env']),
      );
    });
  }

  /** @throws ExpressionError, also when it is neither true nor false */
  evaluate(source: string, names: readonly string[], values: Readonly<Record<string, unknown>>): boolean {
    return this.compile(source, names).test({ ...values, env: this.settings.variables });
  }

  /** @throws SecretMissingError, ExpressionError */
  async fill(value: unknown): Promise<unknown> {
    const template = this.compiler.template(value);
    const names = new Set(template.expressions.flatMap(({ expression }) => [...expression.references.secrets]));
    const secrets: Record<string, string> = {};
    for (const name of names) {
      const secret = await this.secrets.get(name);
      if (secret === undefined) throw new SecretMissingError(name);
      secrets[name] = secret;
    }
    return template.evaluate({ secrets, env: this.settings.variables });
  }

  private compile(source: string, names: readonly string[]): CompiledExpression {
    const key = `${names.join()}:${source}`;
    const known = this.kept.get(key);
    if (known !== undefined) return known;
    const expression = this.compiler.expression(source, names);
    if (this.kept.size >= MOST_KEPT) this.kept.clear();
    this.kept.set(key, expression);
    return expression;
  }

  private attempt(path: string, find: () => readonly Fault[]): readonly Fault[] {
    try {
      return find();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return [{ path, code: error.code, message: error.message }];
    }
  }
}

export function unknownIn(path: string, expression: CompiledExpression, known: readonly string[]): Fault[] {
  return unknownNames(expression, known).map((unknown) => ({ path, code: 'expression_unknown_name', ...unknown }));
}
