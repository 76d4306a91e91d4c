import { Body, Controller, Get, Module, NotFoundException, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/common/errors/app-error.js';
import { createHttpServer } from '../../src/http-server.js';

class StepDto {
  @IsString()
  id!: string;
}

class BodyDto {
  @IsInt()
  count!: number;

  @ValidateNested({ each: true })
  @Type(() => StepDto)
  steps!: StepDto[];
}

const ERRORS: Readonly<Record<string, () => unknown>> = {
  app: () =>
    new AppError({ code: 'state_conflict', status: 409, message: 'Not in this state.', headers: { 'X-Why': 'state' } }),
  nest: () => new NotFoundException('No such thing.'),
  database: () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
  bug: () => new TypeError('the password is hunter2'),
};

@Controller('things')
class ThingsController {
  @Get('fail/:kind')
  fail(@Param('kind') kind: string): never {
    throw ERRORS[kind]!();
  }

  @Post()
  create(@Body() body: BodyDto): BodyDto {
    return body;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

describe('errors of the HTTP API', () => {
  let app: NestFastifyApplication;
  const logged: unknown[] = [];

  beforeAll(async () => {
    const keep = (message: unknown): void => void logged.push(message);
    const quiet = (): void => undefined;
    app = await createHttpServer(
      ThingsModule,
      { corsOrigins: ['https://a.example'], otlpEndpoint: null, trustedProxies: [] },
      { log: quiet, warn: quiet, error: keep },
    );
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterAll(() => app.close());

  const post = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/api/v1/things', payload, headers: { 'content-type': type } });

  it('an AppError answers with its status, code and headers, as a problem of RFC 9457', async () => {
    const answer = await app.inject('/api/v1/things/fail/app?x=1');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'x-why': 'state',
    });
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toEqual({
      type: 'urn:millrace:problem:state_conflict',
      title: 'Conflict',
      status: 409,
      detail: 'Not in this state.',
      code: 'state_conflict',
      instance: '/api/v1/things/fail/app',
    });
  });

  it('an exception of Nest keeps its status and message', async () => {
    expect((await app.inject('/api/v1/things/fail/nest')).json()).toMatchObject({
      status: 404,
      code: 'not_found',
      detail: 'No such thing.',
    });
  });

  it('a lost database answers 503 and when to try again', async () => {
    const answer = await app.inject('/api/v1/things/fail/database');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toMatchObject({ code: 'database_unavailable' });
  });

  it('a bug answers 500, leaks nothing, and is logged with its cause', async () => {
    const answer = await app.inject('/api/v1/things/fail/bug');
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal' });
    expect(answer.body).not.toContain('hunter2');
    expect(logged).toContainEqual(expect.objectContaining({ err: expect.any(TypeError) as unknown }));
  });

  it('content that is not valid answers 422 with every fault, nested paths and unknown fields among them', async () => {
    const answer = await post(
      JSON.stringify({ count: 'x', steps: [{ id: 'a' }, { id: 5, more: 1 }, {}], extra: true }),
    );
    expect(answer.statusCode).toBe(422);
    const { code, errors } = answer.json<{ code: string; errors: { path: string; code: string; message: string }[] }>();
    expect(code).toBe('validation_failed');
    expect(Object.fromEntries(errors.map((fault) => [fault.path, fault.code]))).toEqual({
      extra: 'field_unknown',
      count: 'is_int',
      'steps[1].more': 'field_unknown',
      'steps[1].id': 'is_string',
      'steps[2].id': 'is_string',
    });
  });

  it.each([
    ['{"count":', 'application/json', 400, 'body_unreadable'],
    ['', 'application/json', 400, 'body_unreadable'],
    ['a: 1', 'text/unknown', 415, 'media_type_unsupported'],
    [JSON.stringify({ count: 'x'.repeat(11_000_000) }), 'application/json', 413, 'body_too_large'],
  ])('a body that cannot be read answers 400, 413 or 415 (%#)', async (payload, type, status, code) => {
    const answer = await post(payload, type);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('an unknown path answers 404, a known one with another method 405 and Allow', async () => {
    expect((await app.inject('/nothing')).json()).toMatchObject({ status: 404, code: 'route_not_found' });
    const answer = await app.inject({ method: 'DELETE', url: '/api/v1/things?x=1' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(answer.json()).toMatchObject({ code: 'method_not_allowed' });
  });

  it('answers pages of the allowed origins, and no others', async () => {
    const from = (origin: string) => app.inject({ url: '/nothing', headers: { origin } });
    expect((await from('https://a.example')).headers['access-control-allow-origin']).toBe('https://a.example');
    expect((await from('https://b.example')).headers['access-control-allow-origin']).not.toBe('https://b.example');
  });
});
