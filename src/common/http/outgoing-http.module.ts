import { Module } from '@nestjs/common';
import { OutgoingHttp } from './outgoing-http.js';
import { OutgoingSockets } from './outgoing-sockets.js';

/** Needs `AppConfig` from the global configuration module. */
@Module({ providers: [OutgoingHttp, OutgoingSockets], exports: [OutgoingHttp, OutgoingSockets] })
export class OutgoingHttpModule {}
