import { Global, Module } from '@nestjs/common';
import { PgTimers } from './pg-timers.js';
import { Timers } from './timer.contract.js';

@Global()
@Module({ providers: [PgTimers, { provide: Timers, useExisting: PgTimers }], exports: [Timers, PgTimers] })
export class TimersModule {}
