import fastifyCors from '@fastify/cors';
import { RequestMethod, type DynamicModule, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AppConfig } from './common/config/app-config.js';
import { AppError } from './common/errors/app-error.js';
import { ProblemFilter } from './common/errors/problem.filter.js';
import { problemBody, problemOf } from './common/errors/problem.js';
import { AddressRanges } from './common/http/address-ranges.js';
import { RouteTable } from './common/errors/route-table.js';
import { traceHttp } from './common/tracing/http-tracing.js';
import { MediaTypeError } from './common/errors/route.errors.js';
import { validationPipe } from './common/validation/validation-pipe.js';

/** Bytes. Larger payloads belong in files or behind a URL. */
const BODY_LIMIT = 10 * 1024 * 1024;
const API_BASE = '/api/v1';
const SHORT_BASE = /^\/v1(?=\/|\?|$)/;
const YAML = /^(application|text)\/(x-)?yaml\b/;

const CLOUD_EVENTS = /^application\/cloudevents(-batch)?\+json\b/;
/** The data of an event in the binary mode may be anything. */
const EVENT_ROUTE = `${API_BASE}/events`;
const FORM = 'application/x-www-form-urlencoded';
/** Pages that work without script. */
const FORM_ROUTES = `${API_BASE}/public/approvals/`;

/** Routes that stand outside the base. */
const OUTSIDE = ['health', 'health/*path', 'metrics', 'queues', 'queues/*path'].map((path) => ({
  path,
  method: RequestMethod.GET,
}));

/** Nest on Fastify with what every route shares: the base, errors, checks of the input, CORS. Not listening yet. */
export async function createHttpServer(
  module: Type | DynamicModule,
  config: Pick<AppConfig, 'corsOrigins' | 'otlpEndpoint' | 'trustedProxies'>,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    trustProxy: trustedAmong(config.trustedProxies),
    // In user data "constructor" is a name like others; DTOs do not know it. "__proto__" stays refused (400).
    onConstructorPoisoning: 'ignore',
    // `/v1/…` is another name of the same routes.
    rewriteUrl: ({ url = '/' }) => url.replace(SHORT_BASE, API_BASE),
    return503OnClosing: true,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => answerBadUrl(request.url, reply),
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const routes = new RouteTable();
  adapter.getInstance().addHook('onRoute', (route) => {
    // The CORS plugin answers preflights of every path.
    if (route.url !== '*') routes.add(route.url, route.method);
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger,
    // Otherwise Nest ends the process itself, without a word of ours.
    abortOnError: false,
    forceCloseConnections: true,
    // Fastify's own reads JSON; Nest would add forms.
    bodyParser: false,
  });
  app.setGlobalPrefix(API_BASE.slice(1), { exclude: OUTSIDE });
  const fastify = app.getHttpAdapter().getInstance();
  // A body is JSON, or a definition as the YAML text itself. Other types answer 415.
  fastify.removeContentTypeParser('text/plain');
  fastify.addContentTypeParser(YAML, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  fastify.addContentTypeParser(CLOUD_EVENTS, { parseAs: 'string' }, fastify.getDefaultJsonParser('error', 'ignore'));
  // What only single routes read, and no others.
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, ({ url, headers }, body, done) =>
    url.startsWith(EVENT_ROUTE) && 'ce-specversion' in headers ? done(null, body) : done(new MediaTypeError()),
  );
  fastify.addContentTypeParser(FORM, { parseAs: 'string' }, ({ url }, body, done) =>
    url.startsWith(FORM_ROUTES) ? done(null, new URLSearchParams(String(body))) : done(new MediaTypeError()),
  );
  if (config.corsOrigins.length > 0) await app.register(fastifyCors, corsOptions(config.corsOrigins));
  if (config.otlpEndpoint !== null) traceHttp(app);
  app.useGlobalFilters(new ProblemFilter(routes));
  app.useGlobalPipes(validationPipe());
  return app;
}

/** Without a proxy, X-Forwarded-For is what any client may write. */
function trustedAmong(proxies: readonly string[]): false | ((address: string) => boolean) {
  if (proxies.length === 0) return false;
  const ranges = new AddressRanges(proxies);
  return (address) => ranges.has(address);
}

/** A path that cannot be decoded reaches no route, and no filter. */
function answerBadUrl(url: string, reply: FastifyReply): void {
  const message = 'The path of the URL cannot be decoded.';
  const problem = problemOf(new AppError({ code: 'request_invalid', status: 400, message }));
  void reply
    .code(problem.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemBody(problem, url)));
}

function corsOptions(origins: readonly string[]): object {
  return {
    origin: origins.includes('*') ? true : [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['ETag', 'Location', 'Retry-After'],
  };
}
