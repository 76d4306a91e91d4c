import { Body, Controller, Get, Header, Headers, HttpCode, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { RetryService } from './control/retry.service.js';
import { idempotencyKey } from './start/idempotency-key.js';
import { RetriedDto, RetryStepDto } from './views/control.dto.js';
import { StepExecutionDto } from './views/execution.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Executions')
@Controller('step-executions')
export class StepExecutionsController {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly retries: RetryService,
  ) {}

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
  @Header('content-type', 'application/json; charset=utf-8')
  @ApiOkResponse({
    description: 'The output, as JSON; `null` while there is none.',
    content: { 'application/json': { schema: {}, example: { greeting: 'Hello Ada' } } },
  })
  @ApiProblems(401, 403, 404)
  async output(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<string> {
    return JSON.stringify((await this.queries.step(id, caller)).output ?? null);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @Requires('operator')
  @ApiOperation({
    operationId: 'retryStepExecution',
    summary: 'Run a step again, with all that follows it',
    description: 'The same as retrying its execution with `from_step`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key retry once.' })
  @ApiAcceptedResponse({ type: RetriedDto })
  @ApiProblems(401, 403, 404, 409, 422)
  async retry(
    @Param('id') id: string,
    @Body() { with_version: withVersion, input }: RetryStepDto,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<RetriedDto> {
    const { execution_id: from, step_path: fromStep } = await this.queries.step(id, caller);
    const request = { fromStep, withVersion, input, actor: caller.actor, key: idempotencyKey(id, key) };
    const { id: execution_id, duplicate } = await this.retries.retry(from, request);
    return { ...(await this.queries.get(execution_id)), execution_id, duplicate };
  }
}
