import type { Fault } from '../../../common/errors/app-error.js';
import {
  NodeType,
  type FanOutResult,
  type NestedScope,
  type NodeContext,
  type NodeOutcome,
} from '../../node.contract.js';
import { ParallelConfig } from './parallel.config.js';

type RawConfig = Readonly<Record<string, unknown>>;

/** A branch's name is a part of step paths: `fork.left.x`. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

export class ParallelNode extends NodeType<ParallelConfig> {
  readonly type = 'parallel';
  readonly kind = 'FLOW';
  readonly title = 'Parallel';
  readonly description = 'Runs several branches beside each other and goes on when enough of them have completed.';
  readonly config = ParallelConfig;

  effect(): 'pure' {
    return 'pure';
  }

  override nested(config: RawConfig): readonly NestedScope[] {
    return Object.entries(branchesOf(config['branches']))
      .filter(([, steps]) => Array.isArray(steps))
      .map(([name]) => ({ name: `branches.${name}`, port: name, at: ['branches', name] }));
  }

  override faults({ branches, wait_for: waitFor }: ParallelConfig): readonly Fault[] {
    const given = Object.entries(branchesOf(branches));
    const faults = given.flatMap(([name, steps]) => branchFaults(name, steps));
    if (typeof waitFor !== 'number' || waitFor <= given.length) return faults;
    const message = `wait_for asks for ${waitFor} branches, and there are ${given.length}`;
    return [...faults, { path: 'wait_for', code: 'value_invalid', message }];
  }

  execute({ config }: NodeContext<ParallelConfig>): NodeOutcome {
    const scopes = Object.keys(config.branches).map((name) => `branches.${name}`);
    const { wait_for: waitFor, fail_fast: failFast } = config;
    const enough = waitFor === 'all' ? scopes.length : waitFor === 'any' ? Math.min(1, scopes.length) : waitFor;
    const limit = config.max_concurrency ?? Math.max(1, scopes.length);
    return {
      kind: 'fan_out',
      fanOut: { over: { scopes }, limit, enough, failures: failFast ? 'stop' : 'finish' },
    };
  }

  override gather(results: readonly FanOutResult[]): unknown {
    const count = (status: FanOutResult['status']): number => results.filter((each) => each.status === status).length;
    const branches = Object.fromEntries(
      results.map(({ name, error, output }) => [name, error === null ? output : { error }]),
    );
    return { branches, completed: count('completed'), failed: count('failed') };
  }
}

function branchesOf(branches: unknown): Record<string, unknown> {
  return typeof branches === 'object' && branches !== null ? (branches as Record<string, unknown>) : {};
}

function branchFaults(name: string, steps: unknown): Fault[] {
  const path = `branches.${name}`;
  if (!NAME.test(name)) {
    const message = `"${name}" cannot be the name of a branch`;
    const hint = 'Letters, digits, _ and -, beginning with a letter or _.';
    return [{ path, code: 'value_invalid', message, hint }];
  }
  return Array.isArray(steps) ? [] : [{ path, code: 'value_invalid', message: 'must be a list of steps' }];
}
