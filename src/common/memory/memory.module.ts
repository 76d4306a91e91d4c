import { Module } from '@nestjs/common';
import { Memory } from './memory.contract.js';
import { PgMemory } from './pg-memory.js';

@Module({ providers: [PgMemory, { provide: Memory, useExisting: PgMemory }], exports: [Memory] })
export class MemoryModule {}
