import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AccessModule } from './access/access.module.js';
import type { AppConfig } from './common/config/app-config.js';
import { ConfigModule } from './common/config/config.module.js';
import { ConsoleModule } from './console/console.module.js';
import { DatabaseModule } from './common/database/database.module.js';
import { HealthModule } from './common/health/health.module.js';
import { LinksModule } from './common/links/links.module.js';
import { LoggingModule } from './common/logging/logging.module.js';
import type { Redactor } from './common/logging/redactor.js';
import { MailModule } from './common/mail/mail.module.js';
import { MetricsModule } from './common/metrics/metrics.module.js';
import { QueueModule } from './common/queue/queue.module.js';
import { SignalsModule } from './common/signals/signals.module.js';
import { TimersModule } from './common/timers/timers.module.js';
import { TracingModule } from './common/tracing/tracing.module.js';
import { DeploymentModule } from './deployment/deployment.module.js';
import { EngineModule } from './engine/engine.module.js';
import { LocksModule } from './locks/locks.module.js';
import { NodeRegistry } from './nodes/node-registry.js';
import { NodesModule } from './nodes/nodes.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { Plugins } from './common/plugins/plugins.js';
import { PluginsModule } from './common/plugins/plugins.module.js';
import { PortsModule } from './ports.module.js';
import { StatisticsModule } from './common/statistics/statistics.module.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { TriggerRegistry } from './triggers/trigger-registry.js';
import { TriggersModule } from './triggers/triggers.module.js';
import { ComposedCatalogue, TypesModule } from './types.module.js';
import { WorkflowsModule } from './workflows/workflows.module.js';

/** The composition root: every module of the process, on the settings and the log that it was started with. */
@Module({
  imports: [
    ScheduleModule.forRoot(),
    MetricsModule,
    TracingModule,
    HealthModule,
    DatabaseModule,
    StatisticsModule,
    SignalsModule,
    TimersModule,
    QueueModule,
    LocksModule,
    LinksModule,
    MailModule,
    PortsModule,
    TypesModule,
    AccessModule,
    SecretsModule,
    WorkflowsModule,
    NodesModule,
    EngineModule,
    TriggersModule,
    DeploymentModule,
    OperationsModule,
    ConsoleModule,
  ],
})
export class AppModule {
  /** @param transports further ones, loaded only where they are wanted. */
  static with(
    config: AppConfig,
    redactor: Redactor,
    plugins = new Plugins(),
    transports: readonly Type[] = [],
  ): DynamicModule {
    const imports = [
      ConfigModule.with(config),
      LoggingModule.with(redactor),
      PluginsModule.with(plugins),
      ...transports,
    ];
    return { module: AppModule, imports };
  }

  constructor(catalogue: ComposedCatalogue, nodes: NodeRegistry, triggers: TriggerRegistry) {
    catalogue.fill(nodes, triggers);
  }
}
