import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { ExecutionBundle } from './views/execution-bundle.service.js';
import { ExecutionBundleDto } from './views/execution.dto.js';

@ApiTags('Executions')
@Controller('executions/:id/bundle')
export class ExecutionBundleController {
  constructor(private readonly bundles: ExecutionBundle) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'getExecutionBundle', summary: 'All that support needs to know, in one document' })
  @ApiOkResponse({ type: ExecutionBundleDto, description: 'An attachment; secrets are redacted.' })
  @ApiProblems(401, 403, 404)
  async bundle(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionBundleDto> {
    const bundle = await this.bundles.of(id, caller);
    reply.header('content-disposition', `attachment; filename="execution-${bundle.execution.id}.json"`);
    return bundle;
  }
}
