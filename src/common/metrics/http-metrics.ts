import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Metrics } from './metrics.js';

/** Measures every answer by its route's pattern, so that ids in paths make no labels. */
export function measureHttp(app: NestFastifyApplication): void {
  const { httpRequests } = app.get(Metrics);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onResponse', (request, reply, done) => {
    const labels = {
      method: request.method,
      route: request.routeOptions.url ?? 'unmatched',
      status: String(reply.statusCode),
    };
    httpRequests.observe(labels, reply.elapsedTime / 1000);
    done();
  });
}
