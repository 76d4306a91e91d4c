import type { Fault } from '../../../common/errors/app-error.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NodeContext, type NodeOutcome, type NestedScope } from '../../node.contract.js';
import { ConfigInvalidError } from '../../nodes.errors.js';
import { ConditionConfig } from './condition.config.js';

type RawConfig = Readonly<Record<string, unknown>>;

export class ConditionNode extends NodeType<ConditionConfig> {
  readonly type = 'condition';
  readonly kind = 'FLOW';
  readonly title = 'Condition';
  readonly description = 'Takes one of two branches, by an expression or by several.';
  readonly config = ConditionConfig;
  override readonly ports = ['true', 'false'];
  override readonly expressionFields = ['expression', 'conditions.all.*', 'conditions.any.*'];

  effect(): 'pure' {
    return 'pure';
  }

  override nested(config: RawConfig): readonly NestedScope[] {
    return [
      { name: 'then', port: 'true', at: ['then'] },
      { name: 'else', port: 'false', at: ['else'] },
    ].filter(({ name }) => Array.isArray(config[name]));
  }

  override faults(config: ConditionConfig): readonly Fault[] {
    const { conditions } = config;
    const choice = exactlyOne(config, ['expression', 'conditions']);
    if (typeof conditions !== 'object') return choice;
    const inside = exactlyOne(conditions, ['all', 'any']);
    return [...choice, ...inside.map((fault) => ({ ...fault, path: `conditions.${fault.path}` }))];
  }

  /** `{branch: "true"}`, or `{result: true}`, takes that branch; any other output takes none. */
  override mocked(output: unknown): NodeOutcome {
    const { branch, result } = (output ?? {}) as { branch?: unknown; result?: unknown };
    const port = String(branch ?? result);
    if (!this.ports.includes(port)) return done(output);
    return { kind: 'enter', scope: port === 'true' ? 'then' : 'else', port, output };
  }

  execute({ config }: NodeContext<ConditionConfig>): NodeOutcome {
    const result = decide(config);
    const branch = result ? 'true' : 'false';
    return { kind: 'enter', scope: result ? 'then' : 'else', port: branch, output: { result, branch } };
  }
}

function decide({ expression, conditions }: ConditionConfig): boolean {
  if (conditions?.all)
    return conditions.all.map((value, index) => truth(value, `conditions.all[${index}]`)).every(Boolean);
  if (conditions?.any)
    return conditions.any.map((value, index) => truth(value, `conditions.any[${index}]`)).some(Boolean);
  return truth(expression, 'expression');
}

function truth(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;
  throw new ConfigInvalidError('condition', [
    { path, code: 'value_invalid', message: `must be true or false, not ${kind}` },
  ]);
}
