import { Controller, HttpCode, Param, Post, Req, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems } from '../common/api/problems.js';
import { OpenToAll } from '../common/api/requires.js';
import { BodyTooLargeError } from '../common/errors/route.errors.js';
import { isTooDeep, TOO_DEEP } from '../common/validation/body-bounds.js';
import { ValidationFailedError } from '../common/validation/validation-pipe.js';
import { Callbacks } from './events/callbacks.service.js';
import { PublicLimitGuard } from './public-limit.guard.js';

/** Bytes of a call's body. */
const MOST_BODY = 1024 * 1024;

@ApiTags('Public')
@OpenToAll()
@UseGuards(PublicLimitGuard)
@Controller('public/callbacks')
export class CallbacksController {
  constructor(private readonly callbacks: Callbacks) {}

  @Post(':token')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'answerCallback',
    summary: 'End the wait of a step with a JSON body, once',
    description: 'The address stands with the waiting step: `waiting.url`. The body becomes the output of the step.',
  })
  @ApiBody({ required: false, schema: {} })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', enum: ['accepted'] } } } })
  @ApiProblems(400, 403, 409, 413, 415, 422, 429)
  async answer(@Param('token') token: string, @Req() request: FastifyRequest): Promise<{ status: 'accepted' }> {
    if (isTooDeep(request.body)) throw new ValidationFailedError([TOO_DEEP]);
    if (Number(request.headers['content-length'] ?? 0) > MOST_BODY || sizeOf(request.body) > MOST_BODY)
      throw new BodyTooLargeError(MOST_BODY);
    await this.callbacks.answer(token, request.body ?? null);
    return { status: 'accepted' };
  }
}

const sizeOf = (body: unknown): number => (body === undefined ? 0 : JSON.stringify(body).length);
