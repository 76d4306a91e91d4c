import type { Readable } from 'node:stream';
import { Controller, Get, Headers, Param, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiHeader, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import type { Page } from '../common/page.js';
import { ExecutionStreams } from './live/execution-streams.js';
import { LiveExecutions } from './live/live-executions.service.js';
import { LogPageDto, LogsQuery, type LogLineDto } from './views/execution.dto.js';
import { ExecutionQueries } from './views/execution-queries.service.js';

const EVENT_STREAM = { schema: { type: 'string' } } as const;
const LAST_EVENT_ID = {
  name: 'Last-Event-ID',
  required: false,
  description: 'The id of the last event received: the stream goes on after it.',
} as const;

/** What happens in an execution, as it happens. */
@ApiTags('Executions')
@Controller('executions')
export class ExecutionLiveController {
  constructor(
    private readonly queries: ExecutionQueries,
    private readonly live: LiveExecutions,
    private readonly streams: ExecutionStreams,
  ) {}

  @Get(':id/logs')
  @Requires('viewer')
  @ApiOperation({
    operationId: 'listExecutionLogs',
    summary: 'Read the log of an execution, oldest first, or follow it',
    description: 'With `follow=true`: server-sent events `log`, one a line, until `end` when the execution has ended.',
  })
  @ApiHeader(LAST_EVENT_ID)
  @ApiExtraModels(LogPageDto)
  @ApiOkResponse({
    description: 'A page of lines, or a stream of them.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(LogPageDto) } },
      'text/event-stream': EVENT_STREAM,
    },
  })
  @ApiProblems(401, 403, 404, 422)
  async logs(
    @Param('id') id: string,
    @Query() query: LogsQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Page<LogLineDto> | Readable> {
    if (query.follow !== true) return await this.queries.logs(id, query, caller);
    await this.queries.summary(id, caller);
    return this.streams.start(id, reply, this.live.logs(id, query, lastEventId));
  }

  @Get(':id/events')
  @Requires('viewer')
  @ApiOperation({
    operationId: 'watchExecution',
    summary: 'Watch an execution: its state, its steps and its log, as they change',
    description:
      'Server-sent events: first the present state, then changes. `execution` (status), `step` (a step execution; ' +
      '`omitted` names an input or output that is too long), `log`, and `end` when the execution has ended. ' +
      '`interrupted` closes early: connect again with `Last-Event-ID`.',
  })
  @ApiHeader(LAST_EVENT_ID)
  @ApiOkResponse({ description: 'A stream of events.', content: { 'text/event-stream': EVENT_STREAM } })
  @ApiProblems(401, 403, 404, 422)
  async events(
    @Param('id') id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    await this.queries.summary(id, caller);
    return this.streams.start(id, reply, this.live.events(id, lastEventId));
  }
}
