import fastifyStatic from '@fastify/static';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemBody, problemOf } from '../common/errors/problem.js';
import { RouteNotFoundError } from '../common/errors/route.errors.js';
import { ConsoleNotBuiltError } from './console.errors.js';
import { ConsoleFiles } from './console-files.js';

const BASE = '/console';
/** A name with an ending is a file; deep links have none. */
const FILE = /\/[^/]*\.[a-z0-9]+$/i;

/** The console at `/console`, straight on Fastify: files, no data, so no key. `/` leads there. */
@Injectable()
export class ConsoleRoutes implements OnModuleInit {
  private readonly files = ConsoleFiles.find();

  constructor(private readonly adapter: HttpAdapterHost) {}

  onModuleInit(): void {
    const server = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    // Not awaited: that would finish the other routes before Nest has set the handler of their errors.
    void server.register((scope, _options, done) => {
      this.define(scope);
      done();
    });
  }

  private define(scope: FastifyInstance): void {
    scope.get('/', (_request, reply) => reply.redirect(BASE, 302));
    scope.get(BASE, (request, reply) => this.sendPage(request, reply));
    scope.get(`${BASE}/*`, (request, reply) => this.sendPage(request, reply));
    if (this.files === null) return;
    const { assets } = this.files;
    void scope.register((inner, _options, done) => this.serveAssets(inner, assets, done), {
      prefix: `${BASE}/assets/`,
    });
  }

  private serveAssets(scope: FastifyInstance, root: string, done: () => void): void {
    scope.setNotFoundHandler((request, reply) => {
      const path = request.url.split('?')[0] ?? '';
      return sendProblem(reply, new RouteNotFoundError(request.method, path), path);
    });
    void scope.register(fastifyStatic, {
      root,
      decorateReply: false,
      index: false,
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
      setHeaders: (reply) => void reply.header('x-content-type-options', 'nosniff'),
    });
    done();
  }

  /** The one page; what it shows follows from the address. */
  private sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = request.url.split('?')[0] ?? '';
    if (this.files === null) return sendProblem(reply, new ConsoleNotBuiltError(), path);
    if (FILE.test(path)) return sendProblem(reply, new RouteNotFoundError(request.method, path), path);
    const { html, policy } = this.files.render();
    return reply
      .headers({
        'content-security-policy': policy,
        'cache-control': 'no-cache',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      .type('text/html; charset=utf-8')
      .send(html);
  }
}

function sendProblem(reply: FastifyReply, error: Error, path: string): FastifyReply {
  const problem = problemOf(error);
  const body = JSON.stringify(problemBody(problem, path));
  return reply.code(problem.status).header('content-type', 'application/problem+json; charset=utf-8').send(body);
}
