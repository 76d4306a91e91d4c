import { applyDecorators, SetMetadata } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { Metadata, ServerWritableStream } from '@grpc/grpc-js';
import { checkBody } from '../api/check-body.js';
import { type AccessRole, type Caller, Requires } from '../api/requires.js';
import { ValidationFailedError } from '../validation/validation-pipe.js';
import { boundsFault } from '../validation/body-bounds.js';

export const RPC = 'millrace:rpc';

/** How a method stands to the HTTP API. */
export interface RpcRule {
  /** The request that does the same there: it gives the scope, whether it is a write, and the words of the audit log. */
  readonly like: string;
  /** What the service gives back as the message of the answer. */
  readonly to: (view: never) => object;
}

/** A call under way: of a stream it is the stream itself. */
export interface GrpcCall extends Pick<
  ServerWritableStream<unknown, unknown>,
  'metadata' | 'cancelled' | 'getPeer' | 'getDeadline' | 'on' | 'off' | 'once' | 'writableNeedDrain'
> {
  caller?: Caller;
}

/**
 * A method of a gRPC service. `role` is the least that may call it.
 * @param like `POST /workflows/:id/pause`: parameters are fields of the request.
 */
export function Rpc(method: `${string}/${string}`, role: AccessRole, like: string, to: RpcRule['to']): MethodDecorator {
  const [service = '', name] = method.split('/');
  return applyDecorators(GrpcMethod(service, name), Requires(role), SetMetadata(RPC, { like, to } satisfies RpcRule));
}

export function callerOf({ caller }: GrpcCall): Caller {
  if (caller === undefined) throw new Error('a call that the access guard has not seen');
  return caller;
}

/** The first value of a metadata entry that was sent as text. */
export function sent(metadata: Metadata, name: string): string | undefined {
  const [value] = metadata.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What the HTTP API would check, by the same rules. @throws ValidationFailedError 422 */
export function checked<T extends object>(type: new () => T, body: object): T {
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  const fault = boundsFault(given);
  const { value, faults } = fault === null ? checkBody(type, given) : { value: new type(), faults: [fault] };
  if (faults.length > 0) throw new ValidationFailedError(faults);
  return value;
}
