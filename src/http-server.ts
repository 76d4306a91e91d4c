import fastifyCors from '@fastify/cors';
import { type DynamicModule, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AppConfig } from './common/config/app-config.js';
import { ProblemFilter } from './common/errors/problem.filter.js';
import { RouteTable } from './common/errors/route-table.js';
import { validationPipe } from './common/validation/validation-pipe.js';

/** Bytes. Larger payloads belong in files or behind a URL. */
const BODY_LIMIT = 10 * 1024 * 1024;

/** Nest on Fastify with what every route shares: errors, checks of the input, CORS. Not listening yet. */
export async function createHttpServer(
  module: Type | DynamicModule,
  config: Pick<AppConfig, 'corsOrigins'>,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    trustProxy: false,
    return503OnClosing: true,
    exposeHeadRoutes: true,
  });
  const routes = new RouteTable();
  adapter.getInstance().addHook('onRoute', (route) => {
    // The CORS plugin answers preflights of every path.
    if (route.url !== '*') routes.add(route.url, route.method);
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    rawBody: true,
    // Otherwise Nest ends the process itself, without a word of ours.
    abortOnError: false,
    forceCloseConnections: true,
  });
  if (config.corsOrigins.length > 0) await app.register(fastifyCors, corsOptions(config.corsOrigins));
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(validationPipe());
  return app;
}

function corsOptions(origins: readonly string[]): object {
  return {
    origin: origins.includes('*') ? true : [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['ETag', 'Location', 'Retry-After'],
  };
}
