import { Module } from '@nestjs/common';
import { AiModule } from '../common/ai/ai.module.js';
import { OutgoingHttp } from '../common/http/outgoing-http.js';
import { OutgoingHttpModule } from '../common/http/outgoing-http.module.js';
import { GitHubModule } from '../common/github/github.module.js';
import { McpModule } from '../common/mcp/mcp.module.js';
import { MemoryModule } from '../common/memory/memory.module.js';
import { Plugins } from '../common/plugins/plugins.js';
import { SqlModule } from '../common/sql/sql.module.js';
import { MemoryController } from './memory/memory.controller.js';
import { NodeCatalogueController } from './node-catalogue.controller.js';
import { NodeRegistry } from './node-registry.js';
import { NODE_TYPES } from './node-types.js';
import type { NodeType } from './node.contract.js';

@Module({
  imports: [OutgoingHttpModule, SqlModule, GitHubModule, MemoryModule, AiModule, McpModule],
  controllers: [NodeCatalogueController, MemoryController],
  providers: [
    ...NODE_TYPES,
    {
      provide: NodeRegistry,
      inject: [Plugins, OutgoingHttp, ...NODE_TYPES],
      useFactory: (plugins: Plugins, http: OutgoingHttp, ...types: NodeType[]) => {
        const further = plugins.nodeTypes as readonly (new (http: OutgoingHttp) => NodeType)[];
        return new NodeRegistry([...types, ...further.map((type) => new type(http))]);
      },
    },
  ],
  exports: [NodeRegistry],
})
export class NodesModule {}
