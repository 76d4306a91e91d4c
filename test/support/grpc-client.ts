import { credentials, type Client, loadPackageDefinition, Metadata, type ServiceError } from '@grpc/grpc-js';
import { fromJSON, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterFile } from './cleanup.js';
import { ROOT } from './paths.js';

const FOLDER = join(ROOT, 'proto');
const LOADER = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true, includeDirs: [FOLDER] };
export const SERVICES = ['workflow_service.proto', 'trigger_service.proto', 'integration.proto', 'ai_service.proto'];

export interface Status {
  readonly code: number;
  readonly details: string;
  /** google.rpc details by the last part of their names. */
  readonly info: Record<string, any>;
}

/** A client as a user of @grpc/grpc-js would write one, on protos of any origin. */
export class GrpcClient {
  private readonly clients = new Map<string, Client>();
  private readonly services: any;

  constructor(
    private readonly address: string,
    private readonly key: string | null,
    definition: PackageDefinition = loadSync(SERVICES, LOADER),
  ) {
    this.services = loadPackageDefinition(definition);
    afterFile(() => this.close());
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  /** Another caller on the same server; null: none. */
  as(key: string | null): GrpcClient {
    return new GrpcClient(this.address, key);
  }

  /** @param method `WorkflowService/GetWorkflow` */
  call<T = any>(method: string, request: object = {}, metadata: Record<string, string> = {}, options = {}): Promise<T> {
    const [service = '', name = ''] = method.split('/');
    return new Promise((resolve, reject) => {
      (this.client(service) as any)[name](
        request,
        this.metadata(metadata),
        options,
        (error: ServiceError | null, answer: T) => {
          if (error === null) resolve(answer);
          else reject(error);
        },
      );
    });
  }

  stream(method: string, request: object = {}, options = {}): any {
    const [service = '', name = ''] = method.split('/');
    return (this.client(service) as any)[name](request, this.metadata({}), options);
  }

  /** The status of a call that fails. */
  async failure(method: string, request: object = {}, metadata: Record<string, string> = {}): Promise<Status> {
    const error = await this.call(method, request, metadata).then(
      (answer) => {
        throw new Error(`${method} did not fail: ${JSON.stringify(answer)}`);
      },
      (thrown: unknown) => thrown as ServiceError,
    );
    return { code: error.code, details: error.details, info: detailsOf(error) };
  }

  private client(name: string): Client {
    const path = name.includes('.') ? name : `millrace.v1.${name}`;
    const found = this.clients.get(path);
    if (found !== undefined) return found;
    const Service = path.split('.').reduce((at, part) => at[part], this.services);
    const made = new Service(this.address, credentials.createInsecure()) as Client;
    this.clients.set(path, made);
    return made;
  }

  private metadata(more: Record<string, string>): Metadata {
    const metadata = new Metadata();
    if (this.key !== null) metadata.set('authorization', `Bearer ${this.key}`);
    for (const [name, value] of Object.entries(more)) metadata.set(name, value);
    return metadata;
  }
}

function detailsOf(error: ServiceError): Record<string, any> {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  if (!(bytes instanceof Buffer)) return {};
  const root = new protobuf.Root();
  root.resolvePath = (_from, target) => join(FOLDER, target);
  root.loadSync(['google/rpc/status.proto', 'error.proto'], { keepCase: true });
  const status: any = root.lookupType('google.rpc.Status').decode(bytes);
  return Object.fromEntries(
    status.details.map(({ type_url, value }: any) => {
      const name = String(type_url).split('/')[1] ?? '';
      const type = root.lookupType(name);
      return [name.split('.').at(-1), type.toObject(type.decode(value), { longs: Number, defaults: true })];
    }),
  );
}

/** The health and reflection services, from their own packages' files. */
export function standardDefinition(folder: string, file: string): PackageDefinition {
  return loadSync(file, { ...LOADER, includeDirs: [folder] });
}

export { fromJSON };

/** A plain value as google.protobuf.Value. */
export function value(plain: unknown): object {
  if (plain === null) return { nullValue: 'NULL_VALUE' };
  if (typeof plain === 'number') return { numberValue: plain };
  if (typeof plain === 'string') return { stringValue: plain };
  if (typeof plain === 'boolean') return { boolValue: plain };
  if (Array.isArray(plain)) return { listValue: { values: plain.map(value) } };
  return { structValue: struct(plain as object) };
}

export function struct(plain: object): object {
  return { fields: Object.fromEntries(Object.entries(plain).map(([name, one]) => [name, value(one)])) };
}

export function plain(message: any): any {
  if (message === null || message === undefined) return undefined;
  const kind = message.kind as string;
  if (kind === 'nullValue') return null;
  if (kind === 'listValue') return message.listValue.values.map(plain);
  if (kind === 'structValue') return plainStruct(message.structValue);
  return message[kind];
}

export function plainStruct({ fields }: any): any {
  return Object.fromEntries(Object.entries(fields as object).map(([name, one]) => [name, plain(one)]));
}
