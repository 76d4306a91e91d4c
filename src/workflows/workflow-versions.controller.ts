import { Controller, Get, Headers, HttpCode, Param, ParseIntPipe, Post, Query, UseInterceptors } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../common/api/page.dto.js';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { IF_MATCH, revisionsIn } from './if-match.js';
import { DiffDto, VersionDto, VersionPageDto } from './workflow-answers.dto.js';
import { WorkflowDto } from './workflow.dto.js';
import { WorkflowVersionsService } from './workflow-versions.service.js';

@ApiTags('Workflow versions')
@UseInterceptors(EtagInterceptor)
@Controller('workflows/:id/versions')
export class WorkflowVersionsController {
  constructor(private readonly versions: WorkflowVersionsService) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'List versions, newest first' })
  @ApiOkResponse({ type: VersionPageDto })
  @ApiProblems(404, 422)
  list(@Param('id') id: string, @Query() query: PageQuery, @CurrentCaller() caller: Caller) {
    return this.versions.list(id, query.limit, query.cursor, caller);
  }

  @Get(':n')
  @Requires('viewer')
  @ApiOperation({ summary: 'Show a version with its definition, and its text when it was written as text' })
  @ApiOkResponse({ type: VersionDto })
  @ApiProblems(400, 404)
  get(@Param('id') id: string, @Param('n', ParseIntPipe) n: number, @CurrentCaller() caller: Caller) {
    return this.versions.get(id, n, caller);
  }

  @Get(':n/diff/:m')
  @Requires('viewer')
  @ApiOperation({ summary: 'What changed from version n to version m' })
  @ApiProduces('application/json')
  @ApiOkResponse({ type: DiffDto })
  @ApiProblems(400, 404)
  diff(
    @Param('id') id: string,
    @Param('n', ParseIntPipe) n: number,
    @Param('m', ParseIntPipe) m: number,
    @CurrentCaller() caller: Caller,
  ) {
    return this.versions.diff(id, n, m, caller);
  }

  @Post(':n/restore')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({
    summary: 'Bring a version back as the latest one',
    description: 'Under a new number; history is never rewritten.',
  })
  @ApiHeader(IF_MATCH)
  @ApiOkResponse({ type: WorkflowDto })
  @ApiProblems(400, 404, 412, 422)
  restore(
    @Param('id') id: string,
    @Param('n', ParseIntPipe) n: number,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.versions.restore(id, n, revisionsIn(ifMatch), caller);
  }
}
