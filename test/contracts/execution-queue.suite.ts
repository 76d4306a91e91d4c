import { Test } from '@nestjs/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { AppConfig } from '../../src/common/config/app-config.js';
import { ConfigModule } from '../../src/common/config/config.module.js';
import { DatabaseModule } from '../../src/common/database/database.module.js';
import { newId } from '../../src/common/ids.js';
import { ExecutionQueue, type ExecutionJob } from '../../src/common/queue/execution-queue.js';
import { QueueModule } from '../../src/common/queue/queue.module.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

type Opened = Pick<AppConfig, 'databaseUrl' | 'redisUrl'>;

/**
 * What every backend of the queue keeps. One backend a process: BullMQ's choice of it is global, so that each has a spec
 * file of its own.
 */
export function describeExecutionQueue(backend: 'postgres' | 'redis', open: () => Promise<Opened>): void {
  describe(`the queue on ${backend}`, () => {
    let settings: Opened;
    let queue: ExecutionQueue;
    let handle: (id: string) => Promise<void> = () => Promise.resolve();
    const seen: string[] = [];

    const openQueue = async (): Promise<ExecutionQueue> => {
      const config = Object.assign(new AppConfig(), settings);
      const imports = [ConfigModule.with(config), DatabaseModule, QueueModule];
      const module = await Test.createTestingModule({ imports }).compile();
      const app = await module.init();
      afterFile(() => app.close());
      return app.get(ExecutionQueue);
    };
    const consume = (concurrency: number): Promise<void> =>
      queue.consume(concurrency, async (id) => {
        seen.push(id);
        await handle(id);
      });
    const job = (more: Partial<ExecutionJob> = {}): ExecutionJob => ({
      executionId: newId(),
      epoch: 0,
      priority: 5,
      ...more,
    });
    const counts = async (): Promise<[number, number]> => {
      const { waiting, active } = await queue.counts();
      return [waiting, active];
    };

    beforeAll(async () => {
      settings = await open();
      queue = await openQueue();
    });

    it('says which it is, and answers', async () => {
      expect(queue.backend).toBe(backend);
      await eventually(() => queue.ping());
    });

    it('keeps what it is given until somebody consumes, and counts it', async () => {
      await queue.addNow([job(), job()]);
      queue.add([job()]);
      await eventually(async () => expect(await counts()).toEqual([3, 0]));
      expect(seen).toEqual([]);
    });

    it('takes one turn of an execution once; another epoch or round is another turn', async () => {
      const executionId = newId();
      const before = (await counts())[0];
      await queue.addNow([job({ executionId }), job({ executionId })]);
      await queue.addNow([job({ executionId })]);
      expect((await counts())[0]).toBe(before + 1);
      await queue.addNow([job({ executionId, epoch: 1 }), job({ executionId, round: 1 })]);
      expect((await counts())[0]).toBe(before + 3);
    });

    it('gives out by priority, then by age', async () => {
      const [low, old, young, high] = [job({ priority: 1 }), job(), job(), job({ priority: 10 })];
      await queue.addNow([low, old, young, high]);
      const total = (await counts())[0];
      await consume(1);
      await eventually(() => expect(seen.length).toBe(total));
      const place = (one: ExecutionJob): number => seen.indexOf(one.executionId);
      expect(place(high)).toBe(0);
      expect(place(low)).toBe(total - 1);
      expect(place(old)).toBeLessThan(place(young));
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
    });

    it('forgets a turn that is over: the same may be given again', async () => {
      const again = job();
      await queue.addNow([again]);
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
      await queue.addNow([again]);
      await eventually(() => expect(seen.filter((id) => id === again.executionId).length).toBe(2));
    });

    it('gives many at once as far as its concurrency allows, and names those in hand', async () => {
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      handle = () => gate;
      const before = seen.length;
      queue.setConcurrency(3);
      const jobs = Array.from({ length: 5 }, () => job());
      await queue.addNow(jobs);
      await eventually(async () => expect(await counts()).toEqual([2, 3]));
      expect((await queue.taken()).sort()).toEqual(seen.slice(before).sort());
      release();
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
      expect(seen.slice(before).sort()).toEqual(jobs.map((one) => one.executionId).sort());
      expect(await queue.taken()).toEqual([]);
    });

    it('gives more at once as soon as it may, though all that it gave before still runs', async () => {
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      handle = () => gate;
      queue.setConcurrency(1);
      await queue.addNow([job(), job(), job()]);
      await eventually(async () => expect(await counts()).toEqual([2, 1]));
      queue.setConcurrency(3, true);
      await eventually(async () => expect(await counts()).toEqual([0, 3]));
      release();
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
    });

    it('does not lose the worker to a handler that fails', async () => {
      const [broken, fine] = [job({ priority: 10 }), job()];
      handle = (id) => (id === broken.executionId ? Promise.reject(new Error('broken')) : Promise.resolve());
      await queue.addNow([broken, fine]);
      await eventually(() => expect(seen).toEqual(expect.arrayContaining([broken.executionId, fine.executionId])));
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
    });

    it('takes no more once it drains, and is drained when what it has is over', async () => {
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      handle = () => gate;
      const [last, left] = [job(), job()];
      await queue.addNow([last]);
      await eventually(() => expect(seen).toContain(last.executionId));
      let drained = false;
      const draining = queue.drain().then(() => (drained = true));
      await new Promise((next) => setImmediate(next));
      expect(drained).toBe(false);
      queue.add([left]);
      release();
      await draining;
      expect(seen).not.toContain(left.executionId);
      expect((await counts())[0]).toBe(1);
    });

    it('hands what is left to another process', async () => {
      handle = () => Promise.resolve();
      const before = seen.length;
      queue = await openQueue();
      await consume(2);
      await eventually(async () => expect(await counts()).toEqual([0, 0]));
      expect(seen.length).toBe(before + 1);
    });
  });
}
