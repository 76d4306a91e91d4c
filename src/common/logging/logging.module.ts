import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Redactor } from './redactor.js';

/** Gives every module the redactor that stands before the log of this process. */
@Global()
@Module({})
export class LoggingModule {
  static with(redactor: Redactor): DynamicModule {
    return { module: LoggingModule, providers: [{ provide: Redactor, useValue: redactor }], exports: [Redactor] };
  }
}
