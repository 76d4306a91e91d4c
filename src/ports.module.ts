import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './common/clock.js';
import { CelExpressionCompiler, ExpressionCompiler } from './definition/expression-compiler.js';
import { Events } from './engine/events/events.service.js';
import { SecretValues } from './engine/run/run-services.js';
import { EventOutlet } from './nodes/event-outlet.contract.js';
import { SecretStore } from './secrets/secret-store.js';

/** Ports of modules that may not know each other, and who fills them. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: ExpressionCompiler, useClass: CelExpressionCompiler },
    { provide: SecretValues, useExisting: SecretStore },
    { provide: EventOutlet, useExisting: Events },
  ],
  exports: [Clock, EventOutlet, ExpressionCompiler, SecretValues],
})
export class PortsModule {}
