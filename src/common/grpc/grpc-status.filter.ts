import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { type Observable, throwError } from 'rxjs';
import { problemOf } from '../errors/problem.js';
import { statusOf } from './grpc-status.js';

/** Turns every error of a method into a google.rpc.Status. */
@Catch()
export class GrpcStatusFilter implements ExceptionFilter {
  private readonly logger = new Logger('gRPC');

  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    const problem = problemOf(error);
    if (problem.unexpected) this.logger.error({ message: 'a gRPC call failed', event: 'request_failed', err: error });
    return throwError(() => statusOf(problem));
  }
}
