import type { Fault } from '../../../common/errors/app-error.js';
import { exactlyOne } from '../../../common/validation/rules.js';
import {
  done,
  NodeType,
  type ChildAnswer,
  type ChildRequest,
  type FanOut,
  type FanOutResult,
  type NestedScope,
  type NodeContext,
  type NodeOutcome,
} from '../../node.contract.js';
import { NodeError } from '../../nodes.errors.js';
import { LoopConfig } from './loop.config.js';

type RawConfig = Readonly<Record<string, unknown>>;

export class LoopNode extends NodeType<LoopConfig> {
  readonly type = 'loop';
  readonly kind = 'FLOW';
  readonly title = 'Loop';
  readonly description = 'Runs its steps for each item of a list, so many times, or as long as a condition holds.';
  readonly config = LoopConfig;
  override readonly ports = ['body', 'done'];
  override readonly expressionFields = ['while'];

  effect(): 'pure' {
    return 'pure';
  }

  override nested(config: RawConfig): readonly NestedScope[] {
    return Array.isArray(config['steps']) ? [{ name: 'body', port: 'body', at: ['steps'] }] : [];
  }

  override scopeNames(config: RawConfig): readonly string[] {
    const variable = config['item_variable'];
    return typeof variable === 'string' ? ['item', 'index', variable] : ['item', 'index'];
  }

  override faults(config: LoopConfig): readonly Fault[] {
    const faults = exactlyOne(config, ['items', 'while', 'times']);
    if (config.while !== undefined && config.max_concurrency !== 1) {
      const message = 'passes of "while" follow each other: max_concurrency must be 1';
      faults.push({ path: 'max_concurrency', code: 'value_invalid', message });
    }
    if (config.while !== undefined && config.distribute) {
      const message = 'passes of "while" follow each other: they cannot be distributed';
      faults.push({ path: 'distribute', code: 'value_invalid', message });
    }
    if (config.batch_size !== undefined && config.items === undefined) {
      faults.push({ path: 'batch_size', code: 'value_invalid', message: 'only "items" can be taken in batches' });
    }
    return faults;
  }

  execute({ config, resumed, isTest }: NodeContext<LoopConfig>): NodeOutcome {
    const failures = config.on_item_error === 'continue' ? 'ignore' : 'stop';
    if (resumed !== null) return this.conclude(resumed.answer?.value as ChildAnswer, failures);
    if (config.distribute && isTest !== true) return this.distribute(config, failures);
    return {
      kind: 'fan_out',
      fanOut: { over: passesOf(config), limit: config.max_concurrency, enough: null, failures },
    };
  }

  private distribute(config: LoopConfig, failures: 'stop' | 'ignore'): NodeOutcome {
    const { items, itemName } = passesOf(config) as Extract<FanOut['over'], { items: unknown }>;
    if (items.length === 0) return done(this.gather([]));
    const { max_concurrency: limit } = config;
    const payload: ChildRequest = { kind: 'passes', items, item_name: itemName, limit, failures };
    return { kind: 'suspend', request: { for: 'child', payload }, until: null, state: { kind: 'passes', failures } };
  }

  private conclude(answer: ChildAnswer, failures: 'stop' | 'ignore'): NodeOutcome {
    if (answer.kind !== 'passes') throw new NodeError('internal', 'The passes of this loop were not started.');
    if (answer.stopped !== undefined) return { kind: 'stop', output: answer.stopped };
    const output = this.gather(answer.results);
    const error = failures === 'ignore' ? undefined : answer.results.find((result) => result.error !== null)?.error;
    // Retries are for the steps inside, to which the loop's policy is handed down.
    return error ? { kind: 'fail', error: { ...error, retryable: false }, output } : done(output);
  }

  override gather(results: readonly FanOutResult[]): unknown {
    const ended = results.filter(({ status }) => status !== 'cancelled');
    return {
      results: ended.map(({ error, output }) => (error === null ? output : { error })),
      count: ended.length,
      failed: ended.filter(({ status }) => status === 'failed').length,
    };
  }
}

function passesOf(config: LoopConfig): FanOut['over'] {
  const { max_iterations: most, item_variable: itemName = null } = config;
  if (config.while !== undefined) return { scope: 'body', most, itemName };
  const count = config.times ?? Math.ceil((config.items?.length ?? 0) / (config.batch_size ?? 1));
  if (count > most) {
    const message = `The loop asks for ${count} passes; max_iterations allows ${most}.`;
    throw new NodeError('max_iterations', message);
  }
  const items = config.items ?? Array.from({ length: count }, (_, index) => index);
  return {
    scope: 'body',
    items: config.batch_size === undefined ? items : inBatches(items, config.batch_size),
    itemName,
  };
}

function inBatches(items: readonly unknown[], size: number): unknown[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
