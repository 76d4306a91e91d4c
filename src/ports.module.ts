import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './common/clock.js';
import { SecretValues } from './engine/run/run-services.js';
import { SecretStore } from './secrets/secret-store.js';

/** Ports of modules that may not know each other, and who fills them. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: SecretValues, useExisting: SecretStore },
  ],
  exports: [Clock, SecretValues],
})
export class PortsModule {}
