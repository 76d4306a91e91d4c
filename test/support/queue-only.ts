import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DirectStarts } from '../../src/engine/run/direct-starts.js';

/** Until the returned function is called, all that this application accepts goes by the queue. */
export function queueOnly(app: NestFastifyApplication): () => void {
  const direct = app.get(DirectStarts);
  const reserve = direct.reserve.bind(direct);
  direct.reserve = () => false;
  return () => (direct.reserve = reserve);
}
