import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { PageQuery } from '../common/api/page.dto.js';
import { ApiProblems } from '../common/api/problems.js';
import { type Caller, CurrentCaller, Requires } from '../common/api/requires.js';
import { NewSecretBody, SecretBody, SecretDto, SecretName, SecretPage } from './secret.dto.js';
import { SecretsService } from './secrets.service.js';

@ApiTags('Secrets')
@Requires('admin')
@Controller('secrets')
export class SecretsController {
  constructor(private readonly secrets: SecretsService) {}

  @Get()
  @ApiOperation({ summary: 'List secrets, without their values' })
  @ApiOkResponse({ type: SecretPage })
  @ApiProblems(422)
  list(@Query() { limit, cursor }: PageQuery) {
    return this.secrets.list(limit, cursor);
  }

  @Post()
  @ApiOperation({ summary: 'Add a secret' })
  @ApiCreatedResponse({ type: SecretDto })
  @ApiProblems(409, 422)
  create(@Body() body: NewSecretBody, @CurrentCaller() caller: Caller) {
    return this.secrets.create(body.name, body, caller);
  }

  @Get(':name')
  @ApiOperation({ summary: 'Show a secret, without its value' })
  @ApiOkResponse({ type: SecretDto })
  @ApiProblems(404)
  get(@Param('name') name: string) {
    return this.secrets.get(name);
  }

  @Put(':name')
  @ApiOperation({ summary: 'Set a secret', description: 'Steps that start from now on see the new value.' })
  @ApiOkResponse({ type: SecretDto })
  @ApiProblems(422)
  put(@Param() { name }: SecretName, @Body() body: SecretBody, @CurrentCaller() caller: Caller) {
    return this.secrets.put(name, body, caller);
  }

  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a secret' })
  @ApiNoContentResponse()
  @ApiProblems(404)
  remove(@Param('name') name: string, @CurrentCaller() caller: Caller) {
    return this.secrets.remove(name, caller);
  }
}
