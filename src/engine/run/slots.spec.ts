import { expect, it } from 'vitest';
import type { AppConfig } from '../../common/config/app-config.js';
import type { WorkerLoad } from '../load/worker-load.js';
import { Slots } from './slots.js';

const slots = (): Slots => new Slots({ workerConcurrency: 10 } as AppConfig, { share: 1 } as WorkerLoad);

it('takes more than there are slots after executions that needed none, until one does', () => {
  const some = slots();
  expect([some.most, some.isAhead, some.mayBeAhead]).toEqual([10, false, true]);
  some.learn(false);
  expect([some.most, some.isAhead, some.mayBeAhead]).toEqual([11, true, true]);
  some.learn(true);
  expect([some.most, some.isAhead, some.mayBeAhead]).toEqual([10, false, false]);
});
