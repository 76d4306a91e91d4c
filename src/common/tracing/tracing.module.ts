import { Global, Module } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AppConfig } from '../config/app-config.js';
import { Tracing } from './tracing.js';

/** Traces go to `OTEL_EXPORTER_OTLP_ENDPOINT`; without it nothing of OpenTelemetry is loaded. */
@Global()
@Module({
  providers: [
    {
      provide: Tracing,
      inject: [AppConfig],
      useFactory: async (config: AppConfig) => {
        if (config.otlpEndpoint === null) return new Tracing(null);
        const { openOtlpSink } = await import('./otlp-sink.js');
        return new Tracing(openOtlpSink(config, config.otlpEndpoint, randomUUID()));
      },
    },
  ],
  exports: [Tracing],
})
export class TracingModule {}
