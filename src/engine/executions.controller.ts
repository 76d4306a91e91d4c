import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import type { Page } from '../common/page.js';
import { CancelRequests } from './control/cancel-requests.service.js';
import {
  CancelDto,
  ExecutionDto,
  ExecutionPageDto,
  ExecutionsQuery,
  StepExecutionPageDto,
  StepsQuery,
  TimelineDto,
  type StepExecutionDto,
} from './views/execution.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Executions')
@Controller('executions')
export class ExecutionsController {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly cancels: CancelRequests,
  ) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'listExecutions', summary: 'List executions, newest first' })
  @ApiOkResponse({ type: ExecutionPageDto })
  @ApiProblems(401, 403, 404, 422)
  list(@Query() query: ExecutionsQuery, @CurrentCaller() caller: Caller): Promise<Page<ExecutionDto>> {
    return this.queries.list(query, caller);
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getExecution', summary: 'Show an execution with its steps' })
  @ApiOkResponse({ type: ExecutionDto })
  @ApiProblems(401, 403, 404)
  get(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ExecutionDto> {
    return this.queries.get(id, caller);
  }

  @Get(':id/output')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getExecutionOutput', summary: 'Read the whole output of an execution' })
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOkResponse({
    description: 'The output, as JSON; `null` while there is none.',
    content: { 'application/json': { schema: {}, example: { greeting: 'Hello Ada' } } },
  })
  @ApiProblems(401, 403, 404)
  async output(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<string> {
    return JSON.stringify((await this.queries.output(id, caller)) ?? null);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ operationId: 'cancelExecution', summary: 'Cancel an execution; afterwards only `finally` runs' })
  @ApiOkResponse({ type: ExecutionDto, description: 'The execution; `cancelled`, unless its `finally` still runs.' })
  @ApiProblems(401, 403, 404, 409, 422)
  cancel(@Param('id') id: string, @Body() body: CancelDto, @CurrentCaller() caller: Caller): Promise<ExecutionDto> {
    return this.cancels.cancel(id, body.reason, caller);
  }

  @Get(':id/steps')
  @Requires('viewer')
  @ApiOperation({ operationId: 'listStepExecutions', summary: 'List the steps of an execution, in the order reached' })
  @ApiOkResponse({ type: StepExecutionPageDto })
  @ApiProblems(401, 403, 404, 422)
  steps(
    @Param('id') id: string,
    @Query() query: StepsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<StepExecutionDto>> {
    return this.queries.steps(id, query, caller);
  }

  @Get(':id/timeline')
  @Requires('viewer')
  @ApiOperation({ operationId: 'getExecutionTimeline', summary: 'Show when each step ran, and how long it waited' })
  @ApiOkResponse({ type: TimelineDto })
  @ApiProblems(401, 403, 404)
  timeline(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<TimelineDto> {
    return this.queries.timeline(id, caller);
  }
}
