import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCESS_RULE } from '../../src/common/api/requires.js';
import { AppError } from '../../src/common/errors/app-error.js';
import { NodeCatalogueController } from '../../src/nodes/node-catalogue.controller.js';
import { NodeRegistry } from '../../src/nodes/node-registry.js';
import { LogNode } from '../../src/nodes/types/log/log.node.js';

let app: NestFastifyApplication;

beforeAll(async () => {
  const module = await Test.createTestingModule({
    controllers: [NodeCatalogueController],
    providers: [{ provide: NodeRegistry, useValue: new NodeRegistry([new LogNode()]) }],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
});
afterAll(() => app.close());

describe('the catalogue of node types', () => {
  it('lists every type with the JSON Schema of its config', async () => {
    const { items, next_cursor } = (await app.inject('/node-types')).json<{ items: object[]; next_cursor: null }>();
    expect(next_cursor).toBeNull();
    expect(items).toMatchObject([
      { type: 'log', kind: 'ACTION', title: 'Log', ports: ['out'], schema: { required: ['message'] } },
    ]);
  });

  it('shows one type', async () => {
    const answer = (await app.inject('/node-types/log')).json<{ schema: object }>();
    expect(answer).toMatchObject({ type: 'log', schema: { properties: { level: { default: 'info' } } } });
  });

  it('knows no other', () => {
    const show = () => app.get(NodeCatalogueController).show('lock');
    expect(show).toThrow(AppError);
    expect(show).toThrow(expect.objectContaining({ code: 'node_type_not_found', status: 404 }) as Error);
  });

  it('is open to viewers', () => {
    for (const method of ['list', 'show'] as const) {
      const handler = Object.getOwnPropertyDescriptor(NodeCatalogueController.prototype, method)?.value as object;
      expect(Reflect.getMetadata(ACCESS_RULE, handler)).toEqual({ role: 'viewer' });
    }
  });
});
