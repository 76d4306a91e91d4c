import type { Server } from '@grpc/grpc-js';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { type NestMicroservice, ServerGrpc } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { protoPath as healthPath, service as HEALTH } from 'grpc-health-check';
import { join } from 'node:path';
import { GrpcAccessGuard } from './access/grpc-access.guard.js';
import { GrpcAnswerInterceptor } from './access/grpc-answer.interceptor.js';
import type { AppConfig } from './common/config/app-config.js';
import { AppError } from './common/errors/app-error.js';
import { GrpcStatusFilter } from './common/grpc/grpc-status.filter.js';
import { fileDescriptors } from './common/grpc/file-descriptors.js';
import { LOADER_OPTIONS, PROTO_FOLDER, PROTO_PACKAGE, SERVICE_FILES } from './common/grpc/protos.js';
import { HealthProbes } from './common/health/health-probes.js';
import { GrpcHealth } from './operations/health.grpc.js';
import { HealthService } from './operations/health.service.js';

/** Bytes, as of HTTP. */
const MESSAGE_LIMIT = 10 * 1024 * 1024;
/** As its users import it. */
const HEALTH_FILE = 'grpc/health/v1/health.proto';
/** What is under way when everything else has ended is cut off then. */
const LAST_CALLS_MS = 2_000;

export class GrpcPortError extends AppError {
  constructor(address: string, cause: unknown) {
    const message = `gRPC cannot listen on ${address}: ${reasonIn(cause)}. Set GRPC_PORT to a free port, or unset it`;
    super({ code: 'grpc_port_unusable', message, cause });
  }
}

/** The gRPC API beside the HTTP API of the same application. Not listening yet. */
export function connectGrpc(app: NestFastifyApplication, { host, grpcPort }: AppConfig): void {
  const address = `${host.includes(':') ? `[${host}]` : host}:${grpcPort ?? 0}`;
  const strategy = new GrpcTransport(address, app);
  const service = app.connectMicroservice<{ strategy: GrpcTransport }>({ strategy }, { deferInitialization: true });
  service.useGlobalGuards(app.get(GrpcAccessGuard));
  service.useGlobalInterceptors(app.get(GrpcAnswerInterceptor));
  service.useGlobalFilters(new GrpcStatusFilter());
  // Methods take what is global when they are registered; the hooks are the application's.
  const deferred = service as NestMicroservice;
  deferred.registerListeners();
  deferred.setIsInitialized(true);
  deferred.setIsInitHookCalled(true);
}

class GrpcTransport extends ServerGrpc {
  private health: GrpcHealth | null = null;

  constructor(
    private readonly address: string,
    private readonly app: NestFastifyApplication,
  ) {
    super({
      url: address,
      package: PROTO_PACKAGE,
      protoPath: [...SERVICE_FILES],
      loader: LOADER_OPTIONS,
      maxReceiveMessageLength: MESSAGE_LIMIT,
      onLoadPackageDefinition: (definition: PackageDefinition, server) =>
        this.addStandards(definition, server as Server),
    });
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    await super.listen((error?: unknown) => {
      callback(error === undefined ? undefined : new GrpcPortError(this.address, error));
    });
  }

  /** Calls under way end; then whoever holds a connection open is cut off. */
  override async close(): Promise<void> {
    const server = this.grpcClient as Server | null;
    if (server === null) return;
    this.health?.close();
    await new Promise<void>((resolve) => {
      const patience = setTimeout(() => {
        server.forceShutdown();
        resolve();
      }, LAST_CALLS_MS);
      server.tryShutdown(() => {
        clearTimeout(patience);
        resolve();
      });
    });
    this.grpcClient = null;
  }

  private addStandards(definition: PackageDefinition, server: Server): void {
    const services = Object.entries(definition).flatMap(([name, each]) => ('format' in each ? [] : [name]));
    this.health = new GrpcHealth(this.app.get(HealthService), this.app.get(HealthProbes), services);
    server.addService(HEALTH, this.health.implementation);
    new ReflectionService(reflected()).addToServer(server);
  }
}

/** What reflection shows: every file of ours by its name, and the health service. */
function reflected(): PackageDefinition {
  const pathOf = (name: string): string => (name === HEALTH_FILE ? healthPath : join(PROTO_FOLDER, name));
  const fileDescriptorProtos = fileDescriptors([...SERVICE_FILES, HEALTH_FILE], pathOf);
  // All that reflection takes from a definition.
  return { files: { fileDescriptorProtos } as unknown as PackageDefinition[string] };
}

/** grpc-js says it in its own words around those of the system. */
function reasonIn(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.includes('EADDRINUSE') ? 'the port is in use by another program' : message;
}
