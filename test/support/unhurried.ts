import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LoadWatch } from '../../src/engine/load/load-watch.service.js';
import { WorkerLoad } from '../../src/engine/load/worker-load.js';

/** From here on its worker takes all that it may, however busy the machine is. */
export function unhurried(app: NestFastifyApplication): void {
  app.get(LoadWatch).stop();
  app.get(WorkerLoad).share = 1;
}
