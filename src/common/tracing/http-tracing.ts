import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { childOf, readTraceparent, type TraceContext } from './trace-context.js';
import { Tracing } from './tracing.js';

/** What looks at a server rather than using it. */
const UNTRACED = /^\/(health|metrics|docs|redoc|openapi|queues)/;
const SERVER_ERROR = 500;

interface Incoming {
  readonly context: TraceContext;
  readonly parent: TraceContext | null;
  readonly startedAt: number;
}

/** A span for each request, which goes on with its sender's trace (`traceparent`). It tells the route, never the path. */
export function traceHttp(app: NestFastifyApplication): void {
  const tracing = app.get(Tracing, { strict: false });
  if (!tracing.isOn) return;
  const requests = new WeakMap<FastifyRequest, Incoming>();
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!UNTRACED.test(request.url)) {
      const parent = readTraceparent(request.headers.traceparent, request.headers.tracestate);
      requests.set(request, { parent, context: childOf(parent), startedAt: Date.now() });
    }
    done();
  });
  // Not before: reading a body leaves the context of who asked for it.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const incoming = requests.get(request);
    if (incoming === undefined) done();
    else tracing.run(incoming.context, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const incoming = requests.get(request);
    if (incoming !== undefined) {
      const route = request.routeOptions.url ?? 'unmatched';
      tracing.report({
        ...incoming,
        name: `${request.method} ${route}`,
        kind: 'server',
        endedAt: Date.now(),
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': reply.statusCode,
        },
        error: reply.statusCode >= SERVER_ERROR ? String(reply.statusCode) : null,
      });
    }
    done();
  });
}
