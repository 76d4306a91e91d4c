import { expect, it, vi } from 'vitest';
import { Signals } from '../../common/signals/signals.contract.js';
import { Replica } from '../replica.js';
import { Watches } from './watches.js';

/** Delivers to this process and to others what any of them publishes. */
class SharedSignals extends Signals {
  readonly published: [string, unknown][] = [];
  private readonly handlers: [string, (payload: unknown) => void][] = [];

  override publish(topic: string, payload: unknown): Promise<void> {
    this.published.push([topic, payload]);
    for (const [heard, handler] of this.handlers) if (heard === topic) handler(payload);
    return Promise.resolve();
  }
  override publishWithin(_client: unknown, topic: string, payload: unknown): Promise<void> {
    return this.publish(topic, payload);
  }
  override subscribe(topic: string, handler: (payload: unknown) => void): () => void {
    this.handlers.push([topic, handler]);
    return () => undefined;
  }
  override onReconnect(): void {
    return undefined;
  }
}

function twoReplicas(): { signals: SharedSignals; owner: Watches; other: Watches } {
  const signals = new SharedSignals();
  const [owner, other] = [new Watches(signals, new Replica()), new Watches(signals, new Replica())];
  owner.onModuleInit();
  other.onModuleInit();
  return { signals, owner, other };
}

it('a change that nobody watches elsewhere is not published', () => {
  const { signals, owner } = twoReplicas();
  const wake = vi.fn();
  const end = owner.watch('a', wake);
  owner.changed('a');
  owner.changed('b');
  expect(wake).toHaveBeenCalledTimes(1);
  expect(signals.published.map(([topic]) => topic)).toEqual(['execution.watch']);
  end();
});

it('changes wake a watcher on another replica, many by one signal', async () => {
  const { signals, owner, other } = twoReplicas();
  const woken = Promise.withResolvers<null>();
  const end = other.watch('a', () => woken.resolve(null));
  owner.changed('a');
  owner.changed('a');
  await woken.promise;
  expect(signals.published.filter(([topic]) => topic === 'execution.changed')).toEqual([['execution.changed', ['a']]]);
  end();
});
