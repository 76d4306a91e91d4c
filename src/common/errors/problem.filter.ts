import { Catch, Logger, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemBody, problemOf, type Problem } from './problem.js';
import { readOn } from './read-on.js';
import { MethodNotAllowedError, RouteNotFoundError } from './route.errors.js';
import type { RouteTable } from './route-table.js';

/** Turns every error of the HTTP API into `application/problem+json` (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  constructor(private readonly routes: RouteTable) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const path = request.originalUrl.split('?')[0] ?? '';
    const problem = problemOf(this.routeError(error, request));
    if (problem.unexpected)
      this.logger.error({ message: `${request.method} ${path} failed`, event: 'request_failed', err: error });
    readOn(request, reply);
    this.answer(reply, problem, path);
  }

  private answer(reply: FastifyReply, problem: Problem, path: string): void {
    // A stream had begun: all that can still be said is that it ended early.
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply
      .code(problem.status)
      .headers(problem.headers)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemBody(problem, path)));
  }

  /** Nest answers every path and method that it does not know with one exception. */
  private routeError(error: unknown, request: FastifyRequest): unknown {
    const path = request.url.split('?')[0] ?? '';
    const isUnknown = error instanceof NotFoundException && request.is404;
    if (!isUnknown) return error;
    const allowed = this.routes.methodsOf(path);
    if (allowed.length === 0) return new RouteNotFoundError(request.method, path);
    return new MethodNotAllowedError(request.method, path, allowed);
  }
}
