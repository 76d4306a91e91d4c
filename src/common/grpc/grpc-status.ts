import { Metadata, status as Code } from '@grpc/grpc-js';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { Fault } from '../errors/app-error.js';
import type { Problem } from '../errors/problem.js';
import { PROTO_FOLDER } from './protos.js';

/** What grpc-js ends a call with. */
export interface GrpcStatus {
  readonly code: Code;
  readonly details: string;
  readonly metadata: Metadata;
}

/** THE TABLE: what each HTTP status is in gRPC. docs/guides/grpc.md has it too, and a test compares. */
export const CODES: Readonly<Record<number, Code>> = {
  400: Code.INVALID_ARGUMENT,
  401: Code.UNAUTHENTICATED,
  403: Code.PERMISSION_DENIED,
  404: Code.NOT_FOUND,
  408: Code.DEADLINE_EXCEEDED,
  409: Code.FAILED_PRECONDITION,
  410: Code.NOT_FOUND,
  412: Code.ABORTED,
  413: Code.RESOURCE_EXHAUSTED,
  422: Code.INVALID_ARGUMENT,
  429: Code.RESOURCE_EXHAUSTED,
  500: Code.INTERNAL,
  502: Code.UNAVAILABLE,
  503: Code.UNAVAILABLE,
  504: Code.DEADLINE_EXCEEDED,
};
/** Conflicts with something that is there already. */
const EXISTS = /_(exists|taken)$/;

/** Trailers are headers: clients refuse more than 8 KiB of them in all, and they travel as base64. */
const MOST_BYTES = 4_000;
const DOMAIN = 'millrace';

const root = new protobuf.Root();
root.resolvePath = (_from, target) => join(PROTO_FOLDER, target);
root.loadSync(['google/rpc/status.proto', 'error.proto']);

export function codeOf({ status, code }: Pick<Problem, 'status' | 'code'>): Code {
  if (status === 409 && EXISTS.test(code)) return Code.ALREADY_EXISTS;
  return CODES[status] ?? (status < 500 ? Code.FAILED_PRECONDITION : Code.INTERNAL);
}

/** The problem that the HTTP API would answer, as a status with google.rpc details. */
export function statusOf(problem: Problem): GrpcStatus {
  const code = codeOf(problem);
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', encoded(code, problem));
  return { code, details: problem.detail, metadata };
}

function encoded(code: Code, { code: reason, detail, errors, headers }: Problem): Buffer {
  const shown = fitting(errors);
  const info: Record<string, string> = {};
  if (errors.length > 0) info['faults'] = String(errors.length);
  if (headers['ETag'] !== undefined) info['etag'] = headers['ETag'];
  const details = [any('google.rpc.ErrorInfo', { reason, domain: DOMAIN, metadata: info })];
  const seconds = Number(headers['Retry-After']);
  if (seconds > 0) details.push(any('google.rpc.RetryInfo', { retryDelay: { seconds } }));
  if (shown.length > 0) {
    details.push(any('google.rpc.BadRequest', { fieldViolations: shown.map(violation) }));
    details.push(any('millrace.v1.Faults', { faults: shown }));
  }
  return bytes('google.rpc.Status', { code, message: detail.slice(0, 500), details });
}

/** As many of the faults as a trailer holds. */
function fitting(faults: readonly Fault[]): readonly Fault[] {
  let size = 0;
  const end = faults.findIndex((fault) => (size += 2 * Buffer.byteLength(JSON.stringify(fault))) > MOST_BYTES);
  return end < 0 ? faults : faults.slice(0, end);
}

function violation({ path, code, message, hint, line, column }: Fault): object {
  const place = line === undefined ? '' : ` (line ${line}, column ${column ?? 1})`;
  const description = `${message}${place}${hint === undefined ? '' : ` ${hint}`}`;
  return { field: path, description, reason: code };
}

function any(type: string, message: object): object {
  return { type_url: `type.googleapis.com/${type}`, value: bytes(type, message) };
}

function bytes(type: string, message: object): Buffer {
  const found = root.lookupType(type);
  return Buffer.from(found.encode(found.fromObject(message)).finish());
}
