import { createTestDatabase } from '../support/test-database.js';
import { describeExecutionQueue } from './execution-queue.suite.js';

describeExecutionQueue('postgres', async () => ({ databaseUrl: (await createTestDatabase()).url, redisUrl: null }));
