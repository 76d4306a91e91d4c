import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { GenerateBody, GenerationDto } from './generation/generation.dto.js';
import { WorkflowGeneration } from './generation/workflow-generation.service.js';
import { EtagInterceptor } from './etag.interceptor.js';
import { IF_MATCH, revisionsIn } from './if-match.js';
import { readWorkflowBody } from './workflow-body.js';
import {
  InstantiateBody,
  ValidationDto,
  WorkflowBody,
  WorkflowDto,
  WorkflowPage,
  WorkflowQuery,
} from './workflow.dto.js';
import { WorkflowValidation } from './workflow-validation.service.js';
import { WorkflowsService } from './workflows.service.js';

@ApiTags('Workflows')
@UseInterceptors(EtagInterceptor)
@Controller('workflows')
export class WorkflowsController {
  constructor(
    private readonly workflows: WorkflowsService,
    private readonly validation: WorkflowValidation,
    private readonly generation: WorkflowGeneration,
  ) {}

  @Post()
  @Requires('editor')
  @ApiOperation({
    summary: 'Create a workflow',
    description: 'The body is the entity with its definition, or the definition itself.',
  })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({ type: WorkflowBody })
  @ApiCreatedResponse({ type: WorkflowDto })
  @ApiProblems(400, 409, 413, 415, 422)
  create(@Body() body: unknown, @CurrentCaller() caller: Caller) {
    return this.workflows.create(readWorkflowBody(body), caller);
  }

  @Post('validate')
  @HttpCode(200)
  @Requires('viewer')
  @ApiOperation({
    summary: 'Validate a definition',
    description: 'Every fault at once, each with its path, line and column. Stores nothing.',
  })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({ type: WorkflowBody })
  @ApiOkResponse({ type: ValidationDto })
  @ApiProblems(400, 413, 415, 422)
  validate(@Body() body: unknown) {
    return this.validation.validate(readWorkflowBody(body));
  }

  @Post('generate')
  @HttpCode(200)
  @Requires('editor')
  @ApiOperation({
    summary: 'Draft a definition from a text, by a language model',
    description:
      'Answers with the definition and what validation says of it; what has faults goes back to the model, twice at most. ' +
      'Stores nothing.',
  })
  @ApiOkResponse({ type: GenerationDto })
  @ApiProblems(404, 422, 503)
  generate(@Body() body: GenerateBody) {
    return this.generation.generate(body);
  }

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'List workflows, newest first' })
  @ApiOkResponse({ type: WorkflowPage })
  @ApiProblems(422)
  list(@Query() query: WorkflowQuery, @CurrentCaller() caller: Caller) {
    return this.workflows.list(query, caller);
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ summary: 'Show a workflow, by id or slug' })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiProblems(404)
  get(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return this.workflows.get(id, caller);
  }

  @Put(':id')
  @Requires('editor')
  @ApiOperation({
    summary: 'Change a workflow',
    description: 'Makes a new version when the definition changed. What is left out stays.',
  })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiHeader(IF_MATCH)
  @ApiBody({ type: WorkflowBody })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiProblems(400, 404, 409, 412, 413, 415, 422)
  replace(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.workflows.change(id, readWorkflowBody(body), revisionsIn(ifMatch), caller);
  }

  @Patch(':id')
  @Requires('editor')
  @ApiOperation({ summary: 'Change single fields of a workflow' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiHeader(IF_MATCH)
  @ApiBody({ type: WorkflowBody })
  @ApiOkResponse({ type: WorkflowDto })
  @ApiProblems(400, 404, 409, 412, 413, 415, 422)
  change(
    @Param('id') id: string,
    @Body() body: unknown,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ) {
    return this.workflows.change(id, readWorkflowBody(body), revisionsIn(ifMatch), caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({
    summary: 'Delete a workflow with its versions and triggers',
    description:
      'Not while it is deployed or executions are under way. Past executions stay readable until their retention ends.',
  })
  @ApiHeader(IF_MATCH)
  @ApiNoContentResponse()
  @ApiProblems(404, 409, 412)
  remove(@Param('id') id: string, @Headers('if-match') ifMatch: string | undefined, @CurrentCaller() caller: Caller) {
    return this.workflows.remove(id, revisionsIn(ifMatch), caller);
  }

  @Post(':id/instantiate')
  @Requires('editor')
  @ApiOperation({ summary: 'Make a workflow from a template' })
  @ApiCreatedResponse({ type: WorkflowDto })
  @ApiProblems(404, 409, 422)
  instantiate(@Param('id') id: string, @Body() body: InstantiateBody, @CurrentCaller() caller: Caller) {
    return this.workflows.instantiate(id, body.name, body.variables ?? {}, caller);
  }
}
