import { RequestMethod, ValidationPipe } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppError } from '../errors/app-error.js';
import { faultsOf } from './check-body.js';

export const API_BASE = '/api/v1';
/** The largest body that any route takes, bytes: a webhook's `max_body` at most. */
const BODY_LIMIT = 16 * 1024 * 1024;
const SHORT_BASE = /^\/v1(?=\/|\?|$)/;
const YAML = /^(application|text)\/(x-)?yaml\b/;

/** Routes that stand outside the base. */
const OUTSIDE = [
  { path: 'health', method: RequestMethod.GET },
  { path: 'health/*path', method: RequestMethod.GET },
  { path: 'metrics', method: RequestMethod.GET },
  { path: 'webhook/*path', method: RequestMethod.ALL },
];

/** Fastify with `/v1/…` as another name of `/api/v1/…`: one set of routes, one rule each. */
export function httpAdapter(): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    rewriteUrl: ({ url = '/' }) => url.replace(SHORT_BASE, API_BASE),
  });
}

/** What every HTTP route shares: the base, YAML bodies as text, and validation that names every fault. */
export function configureHttp(app: NestFastifyApplication): void {
  app.setGlobalPrefix(API_BASE.slice(1), { exclude: OUTSIDE });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addContentTypeParser(YAML, { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.useGlobalPipes(
    new ValidationPipe({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) =>
        new AppError({
          code: 'input_invalid',
          status: 422,
          message: 'The request is not valid.',
          errors: faultsOf(errors),
        }),
    }),
  );
}
