import { Body, Controller, Delete, Get, Headers, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiProblems } from '../common/api/problems.js';
import { ApiBody, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PageQuery } from '../common/api/page.dto.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import type { Page } from '../common/page.js';
import { IF_MATCH, revisionsIn } from '../workflows/if-match.js';
import { DeployedDto, DeploymentPageDto, DeploymentStatusDto, UndeployedDto } from './deployment-answers.dto.js';
import { DeployBody } from './deployment.dto.js';
import type { DeploymentView } from './deployment.row.js';
import { DeploymentService, type Deployed } from './deployment.service.js';

type Reply = Pick<FastifyReply, 'status'>;

@ApiTags('Deployment')
@Controller('deployment/workflows')
@ApiProblems(404, 422)
export class DeploymentController {
  constructor(private readonly deployments: DeploymentService) {}

  @Get()
  @Requires('viewer')
  @ApiOperation({ summary: 'The deployments in force, newest first' })
  @ApiOkResponse({ type: DeploymentPageDto })
  list(@Query() query: PageQuery, @CurrentCaller() caller: Caller): Promise<Page<DeploymentView>> {
    return this.deployments.list(caller, query.limit, query.cursor);
  }

  @Post(':id/deploy')
  @Requires('editor')
  @ApiOperation({ summary: 'Put a version in force and arm its triggers' })
  @ApiBody({ type: DeployBody, required: false })
  @ApiCreatedResponse({ type: DeployedDto, description: 'Deployed for the first time.' })
  @ApiOkResponse({ type: DeployedDto, description: 'Deployed in place of another version.' })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  deploy(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
    // Optional by `?`: a union's class does not reach the validation.
    @Body() body?: DeployBody,
  ): Promise<Deployed> {
    return this.put(id, body, ifMatch, caller, reply);
  }

  @Put(':id/deploy')
  @Requires('editor')
  @ApiOperation({ summary: 'The same as POST: put a version in force' })
  @ApiBody({ type: DeployBody, required: false })
  @ApiCreatedResponse({ type: DeployedDto, description: 'Deployed for the first time.' })
  @ApiOkResponse({ type: DeployedDto, description: 'Deployed in place of another version.' })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  update(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: Reply,
    // Optional by `?`: a union's class does not reach the validation.
    @Body() body?: DeployBody,
  ): Promise<Deployed> {
    return this.put(id, body, ifMatch, caller, reply);
  }

  @Delete(':id/undeploy')
  @Requires('editor')
  @ApiOperation({ summary: 'Take a workflow out of force; its triggers are disarmed, their ledgers stay' })
  @ApiOkResponse({ type: UndeployedDto })
  @ApiHeader(IF_MATCH)
  @ApiProblems(404, 409, 412, 422)
  undeploy(
    @Param('id') id: string,
    @Headers('if-match') ifMatch: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, unknown>> {
    return this.deployments.undeploy(id, revisionsIn(ifMatch), caller);
  }

  @Get(':id/status')
  @Requires('viewer')
  @ApiOperation({ summary: 'What is in force of a workflow' })
  @ApiOkResponse({ type: DeploymentStatusDto })
  status(@Param('id') id: string, @CurrentCaller() caller: Caller): Promise<Record<string, unknown>> {
    return this.deployments.status(id, caller);
  }

  @Get(':id/history')
  @Requires('viewer')
  @ApiOperation({ summary: 'The deployments of a workflow, newest first' })
  @ApiOkResponse({ type: DeploymentPageDto })
  history(
    @Param('id') id: string,
    @Query() query: PageQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Page<DeploymentView>> {
    return this.deployments.history(id, caller, query.limit, query.cursor);
  }

  private async put(
    id: string,
    body: DeployBody | undefined,
    ifMatch: string | undefined,
    caller: Caller,
    reply: Reply,
  ): Promise<Deployed> {
    const order = { version: body?.version ?? null, mode: body?.mode ?? null, revisions: revisionsIn(ifMatch) };
    const { isFirst, deployed } = await this.deployments.deploy(id, order, caller);
    void reply.status(isFirst ? 201 : 200);
    return deployed;
  }
}
