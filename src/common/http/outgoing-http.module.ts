import { Module } from '@nestjs/common';
import { OutgoingHttp } from './outgoing-http.js';

/** Needs `AppConfig` from the global configuration module. */
@Module({ providers: [OutgoingHttp], exports: [OutgoingHttp] })
export class OutgoingHttpModule {}
