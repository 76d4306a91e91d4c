import { Module } from '@nestjs/common';
import { OutgoingHttpModule } from '../common/http/outgoing-http.module.js';
import { GitHubModule } from '../common/github/github.module.js';
import { MemoryModule } from '../common/memory/memory.module.js';
import { SqlModule } from '../common/sql/sql.module.js';
import { MemoryController } from './memory/memory.controller.js';
import { NodeCatalogueController } from './node-catalogue.controller.js';
import { NodeRegistry } from './node-registry.js';
import { NODE_TYPES } from './node-types.js';
import type { NodeType } from './node.contract.js';

@Module({
  imports: [OutgoingHttpModule, SqlModule, GitHubModule, MemoryModule],
  controllers: [NodeCatalogueController, MemoryController],
  providers: [
    ...NODE_TYPES,
    { provide: NodeRegistry, inject: [...NODE_TYPES], useFactory: (...types: NodeType[]) => new NodeRegistry(types) },
  ],
  exports: [NodeRegistry],
})
export class NodesModule {}
