import 'reflect-metadata';
import { afterAll, beforeAll } from 'vitest';
import { runCleanups } from './cleanup.js';
import { activeResources, refuseLeaks, type Resources } from './leaks.js';
import { watchTimers } from './timers.js';

let before: Resources;
watchTimers();

beforeAll(() => {
  before = activeResources();
});

afterAll(async () => {
  await runCleanups();
  await refuseLeaks(before);
});
