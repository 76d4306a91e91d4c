import { type DynamicModule, Global, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AccessModule } from './access/access.module.js';
import { Clock, SystemClock } from './common/clock.js';
import type { AppConfig } from './common/config/app-config.js';
import { ConfigModule } from './common/config/config.module.js';
import { DatabaseModule } from './common/database/database.module.js';
import { HealthModule } from './common/health/health.module.js';
import { LoggingModule } from './common/logging/logging.module.js';
import type { Redactor } from './common/logging/redactor.js';
import { MetricsModule } from './common/metrics/metrics.module.js';
import { QueueModule } from './common/queue/queue.module.js';
import { SignalsModule } from './common/signals/signals.module.js';
import { TimersModule } from './common/timers/timers.module.js';
import { LocksModule } from './locks/locks.module.js';
import { OperationsModule } from './operations/operations.module.js';

@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
class ClockModule {}

/** What every module may inject. */
const COMMON = [
  ClockModule,
  ScheduleModule.forRoot(),
  DatabaseModule,
  SignalsModule,
  TimersModule,
  QueueModule,
  LocksModule,
  HealthModule,
  MetricsModule,
];

const FEATURES = [AccessModule, OperationsModule];

/** The composition root. */
@Module({})
export class AppModule {
  static with(config: AppConfig, redactor: Redactor): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.with(config), LoggingModule.with(redactor), ...COMMON, ...FEATURES],
    };
  }
}
