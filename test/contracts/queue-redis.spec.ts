import { describe } from 'vitest';
import { redisUrl, requireService } from '../support/services.js';
import { describeExecutionQueue } from './execution-queue.suite.js';

describe.runIf(requireService('redis'))('with a Redis', () => {
  describeExecutionQueue('redis', async () => ({ databaseUrl: null, redisUrl: await redisUrl() }));
});
