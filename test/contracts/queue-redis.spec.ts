import { describe } from 'vitest';
import { redisUrl, requireService } from '../support/services.js';
import { createTestDatabase } from '../support/test-database.js';
import { describeExecutionQueue } from './execution-queue.suite.js';

describe.runIf(requireService('redis'))('with a Redis', () => {
  describeExecutionQueue('redis', async () => ({
    databaseUrl: (await createTestDatabase()).url,
    redisUrl: await redisUrl(),
  }));
});
