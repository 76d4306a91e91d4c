import { Controller, Get, Headers, HttpCode, Param, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { StatisticsQuery } from '../common/statistics/statistics.dto.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { IF_MATCH, revisionsIn } from './if-match.js';
import { WorkflowLifecycle } from './workflow-lifecycle.service.js';
import type { WorkflowVerb } from './workflow-status.js';
import { WorkflowStatistics } from './workflow-statistics.service.js';
import { WorkflowStatisticsDto, WorkflowStatusDto } from './workflow-answers.dto.js';
import { WorkflowDto } from './workflow.dto.js';
import { WorkflowsService } from './workflows.service.js';

@ApiTags('Workflows')
@UseInterceptors(EtagInterceptor)
@Controller('workflows/:id')
export class WorkflowLifecycleController {
  constructor(
    private readonly lifecycle: WorkflowLifecycle,
    private readonly workflows: WorkflowsService,
    private readonly statistics: WorkflowStatistics,
  ) {}

  @Post('activate')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({
    summary: 'Activate a workflow',
    description: 'From `draft` or `paused`. Deploying does this too, and arms the triggers.',
  })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412)
  activate(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @CurrentCaller() caller: Caller) {
    return this.perform('activate', id, ifMatch, caller);
  }

  @Post('pause')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Pause a workflow', description: 'Its triggers start nothing until it is resumed.' })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412)
  pause(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @CurrentCaller() caller: Caller) {
    return this.perform('pause', id, ifMatch, caller);
  }

  @Post('resume')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Resume a paused workflow' })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412)
  resume(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @CurrentCaller() caller: Caller) {
    return this.perform('resume', id, ifMatch, caller);
  }

  @Post('archive')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({ summary: 'Archive a workflow', description: 'It starts nothing any more; there is no way back.' })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412)
  archive(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @CurrentCaller() caller: Caller) {
    return this.perform('archive', id, ifMatch, caller);
  }

  @Get('status')
  @Requires('viewer')
  @ApiOperation({ summary: "A workflow's state, its deployment, and its last execution's outcome" })
  @ApiOkResponse({ type: WorkflowStatusDto })
  @ApiProblems(404)
  status(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return this.statistics.status(id, caller);
  }

  @Get('statistics')
  @Requires('viewer')
  @ApiOperation({
    summary: "Counts, success rate, durations, errors and steps of a workflow's executions",
    description: 'From its beginning, in buckets of a day, unless the query says otherwise.',
  })
  @ApiOkResponse({ type: WorkflowStatisticsDto })
  @ApiProblems(404, 422)
  getStatistics(@Param('id') id: string, @Query() query: StatisticsQuery, @CurrentCaller() caller: Caller) {
    return this.statistics.statistics(id, query, caller);
  }

  private async perform(verb: WorkflowVerb, id: string, ifMatch: string | undefined, caller: Caller) {
    const workflowId = await this.lifecycle.perform(verb, id, revisionsIn(ifMatch), caller);
    return this.workflows.get(workflowId, caller);
  }
}
