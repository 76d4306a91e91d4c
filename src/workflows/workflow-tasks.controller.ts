import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { IF_MATCH, revisionsIn } from './if-match.js';
import { TaskDto, TaskListDto } from './workflow-answers.dto.js';
import { TaskBody, TaskChange } from './workflow.dto.js';
import { WorkflowTasksService } from './workflow-tasks.service.js';

/** The steps of the latest version, one at a time. */
@ApiTags('Workflow tasks')
@Controller('workflows/:id/tasks')
export class WorkflowTasksController {
  constructor(private readonly tasks: WorkflowTasksService) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'List the steps' })
  @ApiOkResponse({ type: TaskListDto })
  @ApiProblems(404)
  async list(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return { items: await this.tasks.list(id, caller), next_cursor: null };
  }

  @Post()
  @Requires('editor')
  @ApiOperation({ summary: 'Append a step; makes a new version' })
  @ApiCreatedResponse({ type: TaskDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  append(
    @Param('id') id: string,
    @Body() body: TaskBody,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.tasks.append(id, body, revisionsIn(ifMatch), caller);
  }

  @Get(':stepId')
  @Requires('viewer')
  @ApiOperation({ summary: 'Show a step' })
  @ApiOkResponse({ type: TaskDto })
  @ApiProblems(404)
  get(@Param('id') id: string, @Param('stepId') stepId: string, @CurrentCaller() caller: Caller) {
    return this.tasks.get(id, stepId, caller);
  }

  @Put(':stepId')
  @Requires('editor')
  @ApiOperation({ summary: 'Change a step; makes a new version' })
  @ApiOkResponse({ type: TaskDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  replace(
    @Param('id') id: string,
    @Param('stepId') stepId: string,
    @Body() body: TaskChange,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.tasks.replace(id, stepId, body, revisionsIn(ifMatch), caller);
  }

  @Delete(':stepId')
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({ summary: 'Remove a step; makes a new version' })
  @ApiNoContentResponse()
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  remove(
    @Param('id') id: string,
    @Param('stepId') stepId: string,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.tasks.remove(id, stepId, revisionsIn(ifMatch), caller);
  }
}
