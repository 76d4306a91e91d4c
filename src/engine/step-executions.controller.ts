import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { StepExecutionDto } from './views/execution.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Executions')
@Controller('step-executions')
export class StepExecutionsController {
  constructor(private readonly queries: ExecutionQueries) {}

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getStepExecution', summary: 'Show a step execution' })
  @ApiOkResponse({ type: StepExecutionDto })
  @ApiProblems(401, 403, 404)
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<StepExecutionDto> {
    return this.queries.step(id, caller);
  }

  @Get(':id/output')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getStepExecutionOutput', summary: 'Read the output of a step execution' })
  @ApiOkResponse({ description: 'The output, as JSON; `null` while there is none.' })
  @ApiProblems(401, 403, 404)
  async output(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<string> {
    return JSON.stringify((await this.queries.step(id, caller)).output ?? null);
  }
}
