import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../common/api/page.dto.js';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { ApiKeyBody, ApiKeyChange, ApiKeyDto, ApiKeyPage, NewApiKeyDto } from './access.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('Access')
@Requires('admin')
@Controller('api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @ApiOperation({ summary: 'Create an API key', description: 'The answer shows the key; nobody can see it again.' })
  @ApiCreatedResponse({ type: NewApiKeyDto })
  @ApiProblems(422)
  create(@Body() body: ApiKeyBody, @CurrentCaller() caller: Caller) {
    return this.keys.create(body, caller);
  }

  @Get()
  @ApiOperation({ summary: 'List API keys, newest first' })
  @ApiOkResponse({ type: ApiKeyPage })
  @ApiProblems(422)
  list(@Query() { limit, cursor }: PageQuery) {
    return this.keys.list(limit, cursor);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show an API key, without the key itself' })
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiProblems(404)
  get(@Param('id') id: string) {
    return this.keys.get(id);
  }

  @Put(':id')
  @ApiOperation({ summary: "Change an API key's name, role, scopes or expiry" })
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiProblems(404, 422)
  replace(@Param('id') id: string, @Body() body: ApiKeyChange, @CurrentCaller() caller: Caller) {
    return this.keys.change(id, body, caller);
  }

  @Patch(':id')
  @ApiOperation({ summary: "Change an API key's name, role, scopes or expiry" })
  @ApiOkResponse({ type: ApiKeyDto })
  @ApiProblems(404, 422)
  change(@Param('id') id: string, @Body() body: ApiKeyChange, @CurrentCaller() caller: Caller) {
    return this.keys.change(id, body, caller);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key, on every replica at once' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  remove(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return this.keys.remove(id, caller);
  }
}
