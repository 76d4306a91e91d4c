import { Global, Module } from '@nestjs/common';
import { HealthProbes } from './health-probes.js';

@Global()
@Module({ providers: [HealthProbes], exports: [HealthProbes] })
export class HealthModule {}
