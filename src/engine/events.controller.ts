import { Controller, Get, Headers, HttpCode, Post, Query, Req } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { CurrentCaller, Requires, type Caller } from '../common/api/requires.js';
import { Clock } from '../common/clock.js';
import type { Page } from '../common/page.js';
import { isTooDeep, TOO_DEEP } from '../common/validation/body-bounds.js';
import { EventInvalidError } from './events/event.errors.js';
import { AcceptedEventsDto, CloudEventDto, EventPageDto, EventsQuery, type EventDto } from './events/event.dto.js';
import { EventQueries } from './events/event-queries.service.js';
import { Events } from './events/events.service.js';
import { readCloudEvents } from './events/read-cloud-events.js';
import { callKey } from './start/keyed-calls.js';

@ApiTags('Events')
@Controller('events')
export class EventsController {
  constructor(
    private readonly events: Events,
    private readonly queries: EventQueries,
    private readonly clock: Clock,
  ) {}

  @Post()
  @HttpCode(202)
  @Requires('operator')
  @ApiOperation({
    operationId: 'sendEvents',
    summary: 'Send events: one, or a batch',
    description:
      'CloudEvents 1.0 in the structured mode (also as `application/json`), the binary mode (`ce-` headers) or as a ' +
      'batch. Source and id tell an event: sent again it is a duplicate. Answers after the commit.',
  })
  @ApiConsumes('application/cloudevents+json', 'application/cloudevents-batch+json', 'application/json')
  @ApiBody({ type: CloudEventDto })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'Of calls with one key the first counts.' })
  @ApiAcceptedResponse({ type: AcceptedEventsDto })
  @ApiProblems(400, 401, 403, 413, 415, 422)
  async send(
    @Req() request: FastifyRequest,
    @Headers('idempotency-key') key: string | undefined,
    @CurrentCaller() caller: Caller,
  ): Promise<AcceptedEventsDto> {
    if (isTooDeep(request.body)) throw new EventInvalidError([TOO_DEEP]);
    const { events, faults } = readCloudEvents(request.headers, request.body, this.clock.date());
    if (faults.length > 0) throw new EventInvalidError(faults);
    return await this.events.accept(events, callKey('events', caller.actor, key));
  }

  @Get()
  @Requires('viewer')
  @ApiOperation({ operationId: 'listEvents', summary: 'List events, newest first' })
  @ApiOkResponse({ type: EventPageDto })
  @ApiProblems(401, 403, 422)
  list(@Query() query: EventsQuery, @CurrentCaller() caller: Caller): Promise<Page<EventDto>> {
    return this.queries.list(query, caller);
  }
}
