import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiGraph } from '../common/api/graph.dto.js';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { GraphQuery } from './workflow.dto.js';
import { WorkflowValidation } from './workflow-validation.service.js';

const CONTENT_TYPE = {
  json: 'application/json; charset=utf-8',
  mermaid: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

@ApiTags('Workflows')
@Controller('workflows/:id/graph')
export class WorkflowGraphController {
  constructor(private readonly validation: WorkflowValidation) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: "A version's graph as JSON, Mermaid text or SVG" })
  @ApiGraph()
  @ApiProblems(404, 422)
  async graph(
    @Param('id') id: string,
    @Query() { format, version }: GraphQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const graph = await this.validation.graph(id, version ?? null, format, caller);
    reply.header('content-type', CONTENT_TYPE[format]);
    return graph;
  }
}
