import { Global, Module } from '@nestjs/common';
import { RollUp } from './roll-up.js';
import { StatisticsReader } from './statistics.reader.js';

/** Needs `Database` and `Clock` from global modules. */
@Global()
@Module({ providers: [RollUp, StatisticsReader], exports: [StatisticsReader, RollUp] })
export class StatisticsModule {}
