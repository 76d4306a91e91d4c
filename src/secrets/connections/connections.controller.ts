import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../../common/api/page.dto.js';
import { ApiProblems } from '../../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../../common/api/requires.js';
import {
  ConnectionBody,
  ConnectionDto,
  ConnectionPage,
  ConnectionTestDto,
  NewConnectionBody,
} from './connection.dto.js';
import { ConnectionTests } from './connection-tests.service.js';
import { ConnectionsService } from './connections.service.js';

@ApiTags('Connections')
@Requires('admin')
@Controller('connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionsService,
    private readonly tests: ConnectionTests,
  ) {}

  @Get()
  @ApiOperation({ summary: 'List connections, without their secrets' })
  @ApiOkResponse({ type: ConnectionPage })
  @ApiProblems(422)
  list(@Query() { limit, cursor }: PageQuery) {
    return this.connections.list(limit, cursor);
  }

  @Post()
  @ApiOperation({ summary: 'Add a connection' })
  @ApiCreatedResponse({ type: ConnectionDto })
  @ApiProblems(409, 422)
  create(@Body() body: NewConnectionBody, @CurrentCaller() caller: Caller) {
    return this.connections.create(body, caller);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show a connection by id or name, without its secrets' })
  @ApiOkResponse({ type: ConnectionDto })
  @ApiProblems(404)
  get(@Param('id') id: string) {
    return this.connections.get(id);
  }

  @Put(':id')
  @ApiOperation({ summary: 'Change a connection', description: 'Steps that start from now on use the new one.' })
  @ApiOkResponse({ type: ConnectionDto })
  @ApiProblems(404, 409, 422)
  update(@Param('id') id: string, @Body() body: ConnectionBody, @CurrentCaller() caller: Caller) {
    return this.connections.update(id, body, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a connection' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return this.connections.remove(id, caller);
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Try a connection',
    description: 'Connects and logs in, within 15 seconds. `ok` says whether it worked, `error` why not.',
  })
  @ApiOkResponse({ type: ConnectionTestDto })
  @ApiProblems(404)
  test(@Param('id') id: string) {
    return this.tests.test(id);
  }
}
