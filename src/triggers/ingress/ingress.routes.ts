import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../common/errors/app-error.js';
import { problemBody, problemOf } from '../../common/errors/problem.js';
import { readOn } from '../../common/errors/read-on.js';
import type { PublicAnswer, PublicRequest } from '../trigger.contract.js';
import { DeliveryRefusedError } from '../triggers.errors.js';
import { MethodRefusedError } from './method-refused.js';
import { SharedIngress } from './shared-ingress.service.js';
import { WebhookIngress, type Addressed } from './webhook-ingress.service.js';

const MOST_BODY = 16 * 1024 * 1024;
/** GitHub sends 25 MB at most (docs.github.com, "Webhook events and payloads"). */
const MOST_SHARED_BODY = 26_214_400;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;
const WORKFLOW_PREFIX = '/api/v1/public/webhook/workflow/';
const PATH_PREFIX = '/webhook/';
const NOTHING = Buffer.alloc(0);

/**
 * The public routes, straight on Fastify: signatures are checked on the bytes as they came, so no body parser may see
 * them first, and the hot path carries nothing that it does not need.
 */
@Injectable()
export class IngressRoutes implements OnModuleInit {
  private readonly log = new Logger('Webhook');
  private readonly addressed = new WeakMap<FastifyRequest, Addressed>();

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly ingress: WebhookIngress,
    private readonly shared: SharedIngress,
  ) {}

  onModuleInit(): void {
    const server = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    // Not awaited: that would finish the other routes before Nest has set the handler of their errors.
    void server.register((scope, _options, done) => {
      this.define(scope);
      done();
    });
  }

  private define(scope: FastifyInstance): void {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => this.answerError(error, request, reply));
    const onRequest = (request: FastifyRequest): Promise<void> => this.address(request);
    const handler = (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => this.receive(request, reply);
    const options = { method: [...METHODS], bodyLimit: MOST_BODY, exposeHeadRoute: false, onRequest, handler };
    scope.route({ ...options, url: `${WORKFLOW_PREFIX}:workflow` });
    scope.route({ ...options, url: `${PATH_PREFIX}*` });
    for (const { type, path } of this.shared.routes())
      scope.route({
        method: [...METHODS],
        url: path,
        bodyLimit: MOST_SHARED_BODY,
        exposeHeadRoute: false,
        handler: async (request, reply) => send(reply, await this.shared.receive(type, requestOf(request, {}))),
      });
  }

  /** Before the body is read: nobody makes the server take in 16 MiB for a path that does not exist. */
  private async address(request: FastifyRequest): Promise<void> {
    const found = await this.find(request);
    this.addressed.set(request, found);
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > this.ingress.maxBody(found.trigger))
      await this.ingress.refuseDeclared(found.trigger, requestOf(request, found.params), declared);
  }

  private async find(request: FastifyRequest): Promise<Addressed> {
    const path = pathOf(request.url);
    try {
      if (path.startsWith(PATH_PREFIX))
        return await this.ingress.byPath(request.method, path.slice(PATH_PREFIX.length));
      return await this.ingress.byWorkflow(request.method, (request.params as { workflow: string }).workflow);
    } catch (error) {
      if (error instanceof MethodRefusedError)
        for (const trigger of error.triggers) await this.ingress.record(trigger, requestOf(request, {}), error);
      throw error;
    }
  }

  private async receive(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const found = this.addressed.get(request);
    if (found === undefined) throw new Error('a public route without its trigger');
    return send(reply, await this.ingress.receive(found.trigger, requestOf(request, found.params)));
  }

  /** What Fastify refuses comes by no handler: a body that outgrew what is read, a type that is none. */
  private record(request: FastifyRequest, refusal: DeliveryRefusedError): void {
    const found = this.addressed.get(request);
    if (found === undefined) return;
    const size = refusal.status === 413 ? MOST_BODY + 1 : Number(request.headers['content-length'] ?? 0);
    void this.ingress.record(found.trigger, requestOf(request, found.params), refusal, size);
  }

  private answerError(given: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const path = pathOf(request.url);
    const error = given instanceof AppError ? given : fromFastify(given);
    if (error !== given && error instanceof DeliveryRefusedError) this.record(request, error);
    const problem = problemOf(error);
    if (problem.unexpected) {
      this.log.error({ message: `${request.method} ${path} failed`, event: 'request_failed', err: error });
    }
    readOn(request, reply);
    void reply
      .code(problem.status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemBody(problem, path)));
  }
}

function requestOf(request: FastifyRequest, params: Readonly<Record<string, string>>): PublicRequest {
  return {
    method: request.method,
    path: pathOf(request.url),
    params,
    query: request.query as Record<string, unknown>,
    headers: request.headers,
    body: Buffer.isBuffer(request.body) ? request.body : NOTHING,
    remoteIp: request.ip,
  };
}

function send(reply: FastifyReply, { status, headers, body, isText }: PublicAnswer): FastifyReply {
  reply.code(status);
  if (isText !== true) reply.type('application/json; charset=utf-8');
  if (headers !== undefined) reply.headers(headers);
  if (isText === true) return reply.send(body ?? '');
  return reply.send(JSON.stringify(body ?? null));
}

/** What Fastify itself refuses is the client's fault: a body cut short, too large, or of a type that is none. */
function fromFastify(error: unknown): unknown {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  const message = error instanceof Error ? error.message : 'The request cannot be read.';
  if (status === 413) return new DeliveryRefusedError({ status, code: 'body_too_large', message });
  if (status === 415) return new DeliveryRefusedError({ status, code: 'type_unsupported', message });
  return new AppError({ code: 'request_invalid', status, message });
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
