import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ExecutionQueue } from '../../src/common/queue/execution-queue.js';
import { DirectStarts } from '../../src/engine/run/direct-starts.js';

/** Until the returned function is called, all that this application accepts goes by the queue. */
export function queueOnly(app: NestFastifyApplication): () => void {
  const direct = app.get(DirectStarts);
  const [reserve, takeInTurn] = [direct.reserve.bind(direct), direct.takeInTurn.bind(direct)];
  direct.reserve = () => false;
  direct.takeInTurn = (jobs) => app.get(ExecutionQueue).add(jobs);
  return () => Object.assign(direct, { reserve, takeInTurn });
}
