import { Body, Controller, Delete, Headers, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { noteBefore } from '../common/api/audit.js';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { BulkService } from './control/bulk.service.js';
import { PauseService } from './control/pause.service.js';
import { RemovalService } from './control/removal.service.js';
import { RetryService } from './control/retry.service.js';
import { idempotencyKey } from './start/idempotency-key.js';
import { BulkAnswerDto, BulkCancelDto, BulkDto, BulkRetriedDto, RetriedDto, RetryDto } from './views/control.dto.js';
import { ExecutionDto } from './views/execution.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

@ApiTags('Executions')
@Controller('executions')
export class ExecutionControlController {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly pauses: PauseService,
    private readonly retries: RetryService,
    private readonly removals: RemovalService,
    private readonly bulks: BulkService,
  ) {}

  @Post('bulk/cancel')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ operationId: 'cancelExecutions', summary: 'Cancel executions by filter or by ids' })
  @ApiOkResponse({ type: BulkAnswerDto, description: 'Asked of each; those that run may still be ending.' })
  @ApiProblems(401, 403, 404, 422)
  cancelAll(@Body() body: BulkCancelDto, @CurrentCaller() caller: Caller): Promise<BulkAnswerDto> {
    return this.bulks.cancel(body, caller);
  }

  @Post('bulk/retry')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ operationId: 'retryExecutions', summary: 'Retry executions in place, by filter or by ids' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key retry once.' })
  @ApiOkResponse({ type: BulkRetriedDto })
  @ApiProblems(401, 403, 404, 422)
  retryAll(
    @Body() body: BulkDto,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<BulkRetriedDto> {
    return this.bulks.retry(body, caller, key);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ operationId: 'pauseExecution', summary: 'Pause an execution; running steps end first' })
  @ApiOkResponse({ type: ExecutionDto, description: '`paused`; or `running` until its running steps have ended.' })
  @ApiProblems(401, 403, 404, 409)
  async pause(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ExecutionDto> {
    await this.queries.summary(id, caller);
    await this.pauses.pause(id);
    return await this.queries.get(id);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Requires('operator')
  @ApiOperation({ operationId: 'resumeExecution', summary: 'Let a paused execution go on' })
  @ApiOkResponse({ type: ExecutionDto })
  @ApiProblems(401, 403, 404, 409)
  async resume(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<ExecutionDto> {
    await this.queries.summary(id, caller);
    await this.pauses.resume(id);
    return await this.queries.get(id);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @Requires('operator')
  @ApiOperation({
    operationId: 'retryExecution',
    summary: 'Run an ended execution again',
    description:
      'In place: finished steps stay, the rest and `from_step` with what follows it run again. With `with_version` or ' +
      '`input`: a new execution, with `retry_of`, that keeps the results before `from_step`.',
  })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Calls with one key retry once.' })
  @ApiAcceptedResponse({ type: RetriedDto })
  @ApiProblems(401, 403, 404, 409, 422)
  async retry(
    @Param('id') id: string,
    @Body() body: RetryDto,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<RetriedDto> {
    await this.queries.summary(id, caller);
    const { from_step: fromStep, with_version: withVersion, input } = body;
    const request = { fromStep, withVersion, input, actor: caller.actor, key: idempotencyKey(id, key) };
    const { id: execution_id, duplicate } = await this.retries.retry(id, request);
    return { ...(await this.queries.get(execution_id)), execution_id, duplicate };
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({ operationId: 'deleteExecution', summary: 'Delete an ended execution with its steps and its log' })
  @ApiNoContentResponse({ description: 'Deleted.' })
  @ApiProblems(401, 403, 404, 409)
  async remove(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<void> {
    noteBefore(caller, await this.queries.summary(id, caller));
    await this.removals.remove(id);
  }
}
