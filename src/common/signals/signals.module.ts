import { Global, Module } from '@nestjs/common';
import { PgSignals } from './pg-signals.js';
import { Signals } from './signals.contract.js';

@Global()
@Module({ providers: [PgSignals, { provide: Signals, useExisting: PgSignals }], exports: [Signals] })
export class SignalsModule {}
