import { Controller, Get, Param } from '@nestjs/common';
import { ApiProblems } from '../common/api/problems.js';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Requires } from '../common/api/requires.js';
import { NodeTypeDto, NodeTypeListDto } from './node-catalogue.dto.js';
import { NodeRegistry } from './node-registry.js';
import type { NodeTypeDescription } from '../definition/type-catalogue.js';

@ApiTags('Library')
@Controller('node-types')
@ApiProblems(404, 422)
export class NodeCatalogueController {
  constructor(private readonly registry: NodeRegistry) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'List the node types, each with the JSON Schema of its config' })
  @ApiOkResponse({ type: NodeTypeListDto })
  list(): NodeTypeListDto {
    return Object.assign(new NodeTypeListDto(), { items: this.registry.nodeTypes().map(toDto), next_cursor: null });
  }

  @Get(':type')
  @Requires('viewer')
  @ApiOperation({ summary: 'Show one node type with the JSON Schema of its config' })
  @ApiOkResponse({ type: NodeTypeDto })
  show(@Param('type') type: string): NodeTypeDto {
    return toDto(this.registry.describe(type));
  }
}

function toDto({ type, kind, title, description, ports, schema }: NodeTypeDescription): NodeTypeDto {
  return Object.assign(new NodeTypeDto(), { type, kind, title, description, ports, schema });
}
