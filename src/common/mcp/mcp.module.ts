import { Module } from '@nestjs/common';
import { OutgoingHttpModule } from '../http/outgoing-http.module.js';
import { McpClients } from './mcp-clients.js';

@Module({ imports: [OutgoingHttpModule], providers: [McpClients], exports: [McpClients] })
export class McpModule {}
