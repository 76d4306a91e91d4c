import { Controller, Get, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiGraph } from '../common/api/graph.dto.js';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { ExecutionGraph } from './views/execution-graph.service.js';
import { GraphFormatQuery } from './views/execution.dto.js';

const CONTENT_TYPE = {
  json: 'application/json; charset=utf-8',
  mermaid: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

@ApiTags('Executions')
@Controller('executions/:id/graph')
export class ExecutionGraphController {
  constructor(private readonly graphs: ExecutionGraph) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'getExecutionGraph', summary: "An execution's graph, coloured by state" })
  @ApiGraph()
  @ApiProblems(401, 403, 404, 422)
  async graph(
    @Param('id') id: string,
    @Query() { format }: GraphFormatQuery,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string | object> {
    const graph = await this.graphs.of(id, format, caller);
    reply.header('content-type', CONTENT_TYPE[format]);
    return graph;
  }
}
