import { dbos } from './dbos.mjs';
import { millraceOnPostgres, millraceOnRedis } from './millrace.mjs';
import { n8n, n8nQueue } from './n8n.mjs';
import { nodeRed } from './node-red.mjs';
import { pipelineOnPostgres, pipelineOnRedis } from './pipeline.mjs';
import { restate } from './restate.mjs';

/**
 * THE LIST. A contender is
 *   key, title, needsRedis; own: it is this project; recordsNothing: it has no store; startLimitMs
 *   install() -> {version}            what it needs on disk; throws the reason why it cannot run here
 *   prepare({postgres, redis, database, folder})  once: an empty database, workflows
 *   start(the same) -> a server: {url, accept, answer: paths, pids, programs,
 *     setUp()                         once, after the first start: ready, with its workflows in force
 *     count()                         finished executions in its store
 *     recorded(low, high)             those of these request numbers that have their three steps recorded; null: not told apart
 *     finished(items) -> Map          request number -> when its execution finished, epoch milliseconds
 *     stop()}
 */
export const CONTENDERS = [
  millraceOnPostgres,
  millraceOnRedis,
  pipelineOnPostgres,
  pipelineOnRedis,
  n8n,
  n8nQueue,
  dbos,
  restate,
  nodeRed,
];
