import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { ForBrowsers, PublicWhen, Requires } from '../common/api/requires.js';
import { QueueBoard } from './queue-board.js';

/** Of the answer of the board's own server; the rest is this server's affair. */
const PASSED_ON = ['content-type', 'cache-control', 'etag', 'last-modified'];

@ApiTags('Operations')
@Controller('queues')
export class QueuesController {
  constructor(private readonly board: QueueBoard) {}

  @Get()
  @Requires('viewer')
  @PublicWhen('metricsPublic')
  @ForBrowsers()
  @ApiOperation({
    summary: 'The queue dashboard',
    description:
      'To look at only. A browser asks for a name and a password: any name, and a key. Needs none when METRICS_PUBLIC is true.',
  })
  @ApiProduces('text/html')
  @ApiOkResponse({ schema: { type: 'string' } })
  @ApiProblems()
  page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answer(request, reply);
  }

  @Get('*')
  @Requires('viewer')
  @PublicWhen('metricsPublic')
  @ForBrowsers()
  @ApiExcludeEndpoint()
  part(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answer(request, reply);
  }

  private async answer(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { statusCode, headers, rawPayload } = await this.board.get(request.url);
    for (const name of PASSED_ON) {
      const value = headers[name];
      if (value !== undefined) void reply.header(name, value);
    }
    await reply.code(statusCode).send(rawPayload);
  }
}
