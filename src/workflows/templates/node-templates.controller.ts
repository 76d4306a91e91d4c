import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../../common/api/page.dto.js';
import { ApiProblems } from '../../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../../common/api/requires.js';
import {
  NewNodeTemplateBody,
  NodeTemplateChange,
  NodeTemplateDto,
  NodeTemplatePage,
  NodeTemplateQuery,
  NodeTemplatesQuery,
} from './node-template.dto.js';
import { NodeTemplatesService } from './node-templates.service.js';

@ApiTags('Library')
@Controller('node-templates')
export class NodeTemplatesController {
  constructor(private readonly templates: NodeTemplatesService) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'List step templates, each in its latest version' })
  @ApiOkResponse({ type: NodeTemplatePage })
  @ApiProblems(422)
  list(@Query() { limit, cursor, q }: NodeTemplatesQuery) {
    return this.templates.list(limit, cursor, q);
  }

  @Post()
  @Requires('editor')
  @ApiOperation({
    summary: 'Add a step template',
    description:
      'A step uses it by `template: name@version` and `with:`; it is put in place when the workflow is read.',
  })
  @ApiCreatedResponse({ type: NodeTemplateDto })
  @ApiProblems(409, 422)
  create(@Body() body: NewNodeTemplateBody, @CurrentCaller() caller: Caller) {
    return this.templates.create(body, caller);
  }

  @Get(':id')
  @Requires('viewer')
  @ApiOperation({ summary: 'Show a step template, by id or name' })
  @ApiOkResponse({ type: NodeTemplateDto })
  @ApiProblems(404, 422)
  get(@Param('id') id: string, @Query() { version }: NodeTemplateQuery) {
    return this.templates.get(id, version);
  }

  @Get(':id/versions')
  @Requires('viewer')
  @ApiOperation({ summary: 'List the versions of a step template, newest first' })
  @ApiOkResponse({ type: NodeTemplatePage })
  @ApiProblems(404, 422)
  versions(@Param('id') id: string, @Query() { limit, cursor }: PageQuery) {
    return this.templates.versions(id, limit, cursor);
  }

  @Put(':id')
  @Requires('editor')
  @ApiOperation({
    summary: 'Change a step template',
    description: 'Makes a new version when something differs; the old ones stay usable.',
  })
  @ApiOkResponse({ type: NodeTemplateDto })
  @ApiProblems(404, 409, 422)
  change(@Param('id') id: string, @Body() body: NodeTemplateChange, @CurrentCaller() caller: Caller) {
    return this.templates.change(id, body, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @Requires('editor')
  @ApiOperation({
    summary: 'Remove a step template with all its versions',
    description: 'Workflows that were made with it stay as they are.',
  })
  @ApiNoContentResponse()
  @ApiProblems(404)
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return this.templates.remove(id, caller);
  }
}
