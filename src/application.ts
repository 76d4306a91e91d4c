import type { LoggerService } from '@nestjs/common';
import { AppModule } from './app.module.js';
import { setUpOpenApi } from './common/api/openapi.js';
import type { AppConfig } from './common/config/app-config.js';
import { HealthProbes } from './common/health/health-probes.js';
import type { Redactor } from './common/logging/redactor.js';
import { measureHttp } from './common/metrics/http-metrics.js';
import { createHttpServer } from './http-server.js';
import { loadPlugins } from './load-plugins.js';
import { INGRESS_PATHS } from './triggers/ingress/ingress.openapi.js';
import { VERSION } from './version.js';

/** The whole application on settings that are complete and a database that is ready. */
export interface Application {
  listen(): Promise<void>;
  /** Not ready from now on; then no new work, running steps get `SHUTDOWN_GRACE`, everything is closed in order. */
  close(): Promise<void>;
}

export async function createApplication(
  config: AppConfig,
  redactor: Redactor,
  logger: LoggerService,
): Promise<Application> {
  const plugins = await loadPlugins(config.plugins, process.cwd());
  // Nothing of gRPC is loaded where it is off.
  const grpc = config.grpcPort === null ? null : await loadGrpc();
  const app = await createHttpServer(AppModule.with(config, redactor, plugins, grpc?.modules), config, logger);
  grpc?.connect(app, config);
  setUpOpenApi(app, VERSION, INGRESS_PATHS);
  measureHttp(app);
  return {
    listen: async () => {
      await app.init();
      if (grpc !== null) await app.startAllMicroservices();
      await app.listen({ port: config.port, host: config.host });
    },
    close: async () => {
      app.get(HealthProbes).drain();
      await app.close();
    },
  };
}

async function loadGrpc() {
  const [{ GrpcModule }, { connectGrpc }] = await Promise.all([import('./grpc.module.js'), import('./grpc-server.js')]);
  return { modules: [GrpcModule], connect: connectGrpc };
}
