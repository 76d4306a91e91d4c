import { Module } from '@nestjs/common';
import { OutgoingHttpModule } from '../http/outgoing-http.module.js';
import { SqlClients } from './sql-clients.js';

@Module({ imports: [OutgoingHttpModule], providers: [SqlClients], exports: [SqlClients] })
export class SqlModule {}
