import { Body, Controller, Get, Headers, Param, Post, Query, Res } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { WaitQuery } from '../common/api/wait.dto.js';
import type { Page } from '../common/page.js';
import { ExecuteService } from './start/execute.service.js';
import {
  ExecuteDto,
  ExecutionDto,
  ExecutionPageDto,
  StartedDto,
  WorkflowExecutionsQuery,
} from './views/execution.dto.js';
import { TestRunService } from './start/test-run.service.js';
import { TestDto } from './views/test-run.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Workflows')
@Controller('workflows')
export class WorkflowExecutionsController {
  constructor(
    private readonly executes: ExecuteService,
    private readonly queries: ExecutionQueries,
    private readonly tests: TestRunService,
  ) {}

  @Post(':id/execute')
  @Requires('operator')
  @ApiOperation({ operationId: 'executeWorkflow', summary: 'Start an execution' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key start one execution.' })
  @ApiAcceptedResponse({ type: StartedDto, description: 'Recorded; it runs whatever happens to this process.' })
  @ApiOkResponse({ type: ExecutionDto, description: 'With `wait`: the finished execution.' })
  @ApiProblems(400, 401, 403, 404, 409, 422, 503)
  async execute(
    @Param('id') id: string,
    @Body() body: ExecuteDto,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedDto | ExecutionDto> {
    const wait = body.wait ?? query.wait;
    const wait_timeout = body.wait_timeout ?? query.wait_timeout;
    const request = { workflow: id, body: { ...body, wait, wait_timeout }, idempotencyKey, caller };
    const answer = await this.executes.execute(request);
    void reply.status('finished' in answer ? 200 : 202);
    return 'finished' in answer ? answer.finished : answer.started;
  }

  @Post(':id/run')
  @Requires('operator')
  @ApiOperation({ operationId: 'runWorkflow', summary: 'Start an execution: another name of `execute`' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key start one execution.' })
  @ApiAcceptedResponse({ type: StartedDto, description: 'Recorded; it runs whatever happens to this process.' })
  @ApiOkResponse({ type: ExecutionDto, description: 'With `wait`: the finished execution.' })
  @ApiProblems(400, 401, 403, 404, 409, 422, 503)
  run(
    @Param('id') id: string,
    @Body() body: ExecuteDto,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedDto | ExecutionDto> {
    return this.execute(id, body, query, idempotencyKey, caller, reply);
  }

  @Post(':id/test')
  @Requires('operator')
  @ApiOperation({
    operationId: 'testWorkflow',
    summary: 'Start a test run, in which mocks stand in for steps',
    description:
      'A step with a mock does not run: the mock is its output. Steps without one run for real. A test run is durable ' +
      'like any execution and is listed with `trigger_type: test`; it counts in no statistics and takes no part in `concurrency`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key start one test run.' })
  @ApiAcceptedResponse({ type: StartedDto, description: 'Recorded; it runs whatever happens to this process.' })
  @ApiOkResponse({ type: ExecutionDto, description: 'With `wait`: the finished execution.' })
  @ApiProblems(400, 401, 403, 404, 409, 422, 503)
  async test(
    @Param('id') id: string,
    @Body() body: TestDto,
    @Query() query: WaitQuery,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StartedDto | ExecutionDto> {
    const wait = body.wait ?? query.wait;
    const wait_timeout = body.wait_timeout ?? query.wait_timeout;
    const request = { workflow: id, body: { ...body, wait, wait_timeout }, idempotencyKey, caller };
    const answer = await this.tests.run(request);
    void reply.status('finished' in answer ? 200 : 202);
    return 'finished' in answer ? answer.finished : answer.started;
  }

  @Get(':id/executions')
  @Requires('viewer')
  @ApiOperation({ operationId: 'listWorkflowExecutions', summary: "List a workflow's executions, newest first" })
  @ApiOkResponse({ type: ExecutionPageDto })
  @ApiProblems(401, 403, 404, 422)
  list(
    @Param('id') id: string,
    @Query() query: WorkflowExecutionsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<ExecutionDto>> {
    return this.queries.list({ ...query, workflow_id: id }, caller);
  }

  @Get(':id/runs')
  @Requires('viewer')
  @ApiOperation({
    operationId: 'listWorkflowRuns',
    summary: "List a workflow's executions: another name of `executions`",
  })
  @ApiOkResponse({ type: ExecutionPageDto })
  @ApiProblems(401, 403, 404, 422)
  runs(
    @Param('id') id: string,
    @Query() query: WorkflowExecutionsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<ExecutionDto>> {
    return this.list(id, query, caller);
  }
}
