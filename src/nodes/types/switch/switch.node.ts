import { isDeepStrictEqual } from 'node:util';
import type { Fault } from '../../../common/errors/app-error.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import { done, NodeType, type NestedScope, type NodeContext, type NodeOutcome } from '../../node.contract.js';
import { ConfigInvalidError } from '../../nodes.errors.js';
import { SwitchConfig, type SwitchCase } from './switch.config.js';

type RawConfig = Readonly<Record<string, unknown>>;

export class SwitchNode extends NodeType<SwitchConfig> {
  readonly type = 'switch';
  readonly kind = 'FLOW';
  readonly title = 'Switch';
  readonly description = 'Takes one of several branches: that of the first case that fits, or the default.';
  readonly config = SwitchConfig;
  override readonly ports = ['cases[*]', 'default'];
  override readonly expressionFields = ['cases.*.when'];

  effect(): 'pure' {
    return 'pure';
  }

  override nested(config: RawConfig): readonly NestedScope[] {
    const cases: unknown[] = Array.isArray(config['cases']) ? config['cases'] : [];
    const scopes: NestedScope[] = cases.flatMap((each, index) => {
      const name = `cases[${index}]`;
      return hasSteps(each) ? [{ name, port: name, at: ['cases', index, 'steps'] }] : [];
    });
    if (Array.isArray(config['default'])) scopes.push({ name: 'default', port: 'default', at: ['default'] });
    return scopes;
  }

  override faults(config: SwitchConfig): readonly Fault[] {
    const cases: unknown[] = Array.isArray(config.cases) ? config.cases : [];
    return cases.flatMap((each, index) => caseFaults(each, index, config.value !== undefined));
  }

  /** `{branch: "cases[0]"}` takes that branch; any other output takes none. */
  override mocked(output: unknown): NodeOutcome {
    const { branch } = (output ?? {}) as { branch?: unknown };
    if (typeof branch !== 'string' || !/^(default|cases\[\d+\])$/.test(branch)) return done(output);
    return { kind: 'enter', scope: branch, port: branch, output };
  }

  execute({ config }: NodeContext<SwitchConfig>): NodeOutcome {
    const index = config.cases.findIndex((each, position) => fits(each, config.value, position));
    const branch = index === -1 ? 'default' : `cases[${index}]`;
    return { kind: 'enter', scope: branch, port: branch, output: { branch } };
  }
}

function hasSteps(each: unknown): boolean {
  return typeof each === 'object' && each !== null && Array.isArray((each as SwitchCase).steps);
}

function caseFaults(each: unknown, index: number, hasValue: boolean): Fault[] {
  // What is no object is a fault of the list's own rule.
  if (typeof each !== 'object' || each === null) return [];
  const choice = exactlyOne(each, ['equals', 'when']).map((fault) => ({
    ...fault,
    path: `cases[${index}].${fault.path}`,
  }));
  const isCompared = (each as SwitchCase).equals !== undefined;
  if (!isCompared || hasValue) return choice;
  return [...choice, { path: 'value', code: 'field_required', message: '"equals" compares with "value"' }];
}

function fits(each: SwitchCase, value: unknown, index: number): boolean {
  if (each.when === undefined) return isDeepStrictEqual(each.equals, value);
  if (typeof each.when === 'boolean') return each.when;
  const kind = each.when === null ? 'null' : `a ${typeof each.when}`;
  throw new ConfigInvalidError('switch', [
    { path: `cases[${index}].when`, code: 'value_invalid', message: `must be true or false, not ${kind}` },
  ]);
}
