import { status as Code } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { HealthProbes } from '../../src/common/health/health-probes.js';
import { Watches } from '../../src/engine/live/watches.js';
import { ADMIN_KEY } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type GrpcApp, startGrpcApp } from '../support/grpc-app.js';
import { GrpcClient, standardDefinition } from '../support/grpc-client.js';
import { startHoldingServer } from '../support/holding-server.js';

const packageFolder = (name: string): string => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
const HEALTH = standardDefinition(join(packageFolder('grpc-health-check'), 'proto'), 'health/v1/health.proto');
const reflection = (version: string) =>
  standardDefinition(
    join(packageFolder('@grpc/reflection'), 'build/proto'),
    `grpc/reflection/${version}/reflection.proto`,
  );

let app: GrpcApp;
beforeAll(async () => {
  app = await startGrpcApp();
});

/** What a stream gives, as it comes. */
class Seen {
  readonly events: any[] = [];
  readonly ended: Promise<number>;

  constructor(readonly stream: any) {
    stream.on('data', (event: any) => this.events.push(event));
    this.ended = new Promise((resolve) => {
      stream.on('error', (error: { code: number }) => resolve(error.code));
      stream.on('end', () => resolve(Code.OK));
    });
  }

  get words(): string[] {
    return this.events.map(({ event, ...one }) => {
      const { status, step_path, message } = one[event];
      return [event, step_path, status?.replace(/^(EXECUTION|STEP)_STATUS_/, '') ?? message].filter(Boolean).join(' ');
    });
  }

  async sees(word: string): Promise<void> {
    await eventually(() => expect(this.words).toContain(word));
  }
}

async function held(name: string, grpc: GrpcApp = app) {
  const remote = await startHoldingServer();
  remote.hold(`/${name}`);
  const id = await grpc.api.create(
    `name: ${name}\nsteps:\n  - {id: call, type: http, config: {method: POST, url: "${remote.url}/${name}"}}\n  - {id: after, type: log, config: {message: it is done}}`,
  );
  const execution = await grpc.api.start(id);
  return { execution, letGo: () => remote.letGo(`/${name}`) };
}

describe('WatchExecution', () => {
  it('sends the present state, then each change, then the end, and ends', async () => {
    const { execution, letGo } = await held('watched');
    const seen = new Seen(app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution }));
    await seen.sees('step call RUNNING');
    letGo();
    expect(await seen.ended).toBe(Code.OK);
    expect(seen.words).toEqual(
      expect.arrayContaining([
        'execution RUNNING',
        'step call COMPLETED',
        'log after it is done',
        'execution COMPLETED',
      ]),
    );
    expect(seen.words.at(-1)).toBe('end COMPLETED');
  });

  it('goes on after a resume token, without what was seen', async () => {
    const { execution, letGo } = await held('resumed');
    const first = new Seen(app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution }));
    await first.sees('step call RUNNING');
    first.stream.cancel();
    expect(await first.ended).toBe(Code.CANCELLED);
    letGo();
    await app.api.reaches(execution, 'completed');
    const { resume_token } = first.events.at(-1);
    const second = new Seen(
      app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution, resume_token }),
    );
    expect(await second.ended).toBe(Code.OK);
    expect(second.words).toContain('step call COMPLETED');
    expect(second.words).not.toContain('step call RUNNING');
    const wrong = new Seen(
      app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution, resume_token: 'x' }),
    );
    expect(await wrong.ended).toBe(Code.INVALID_ARGUMENT);
  });

  it('sees an execution that another replica runs', async () => {
    const watcher = await startGrpcApp({ ROLES: 'api' }, app.db);
    const { execution, letGo } = await held('elsewhere');
    const seen = new Seen(watcher.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution }));
    await seen.sees('step call RUNNING');
    letGo();
    expect(await seen.ended).toBe(Code.OK);
    expect(seen.words.at(-1)).toBe('end COMPLETED');
    await watcher.close();
  });

  it('leaves nothing behind when its client cancels or its deadline passes', async () => {
    const { execution, letGo } = await held('cancelled');
    const { here: watched } = app.app.get<Watches, { here: Map<string, unknown> }>(Watches, { strict: false });
    const seen = new Seen(app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution }));
    await seen.sees('step call RUNNING');
    expect(watched.has(execution)).toBe(true);
    seen.stream.cancel();
    await eventually(() => expect(watched.has(execution)).toBe(false));
    const late = new Seen(
      app.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution }, { deadline: Date.now() + 300 }),
    );
    expect(await late.ended).toBe(Code.DEADLINE_EXCEEDED);
    await eventually(() => expect(watched.has(execution)).toBe(false));
    letGo();
    await app.api.reaches(execution, 'completed');
  });

  it('ends with UNAVAILABLE and a time to retry when the server drains', async () => {
    const draining = await startGrpcApp({}, app.db);
    const { execution, letGo } = await held('drained');
    const stream = draining.grpc.stream('WorkflowService/WatchExecution', { execution_id: execution });
    const seen = new Seen(stream);
    await seen.sees('step call RUNNING');
    await draining.close();
    expect(await seen.ended).toBe(Code.UNAVAILABLE);
    letGo();
    await app.api.reaches(execution, 'completed');
  });
});

describe('grpc.health.v1.Health', () => {
  it('says what readiness says, of the whole and of each service, without a key', async () => {
    const one = await startGrpcApp();
    const health = new GrpcClient(one.address, null, HEALTH);
    const check = (service: string) => health.call('grpc.health.v1.Health/Check', { service });
    expect(await check('')).toEqual({ status: 'SERVING' });
    expect(await check('millrace.v1.WorkflowService')).toEqual({ status: 'SERVING' });
    await expect(check('millrace.v1.Nothing')).rejects.toMatchObject({ code: Code.NOT_FOUND });
    const watch = health.stream('grpc.health.v1.Health/Watch', { service: '' });
    const told: string[] = [];
    watch.on('data', ({ status }: { status: string }) => told.push(status));
    const over = new Promise<void>((resolve) => {
      watch.on('end', resolve);
      watch.on('error', () => resolve());
    });
    await eventually(() => expect(told).toEqual(['SERVING']));
    one.app.get(HealthProbes).drain();
    await eventually(() => expect(told).toEqual(['SERVING', 'NOT_SERVING']));
    expect(await check('')).toEqual({ status: 'NOT_SERVING' });
    await one.close();
    await over;
  });
});

describe('a client that knows the schema only by reflection', () => {
  it.each(['v1', 'v1alpha'])('finds all services by %s, and creates and runs a workflow', async (version) => {
    const asking = new GrpcClient(app.address, null, reflection(version));
    const ask = async (request: object): Promise<any> => {
      const stream = asking.stream(`grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
      const answer = new Promise((resolve, reject) => {
        stream.on('data', resolve);
        stream.on('error', reject);
      });
      stream.write(request);
      const got = await answer;
      stream.end();
      return got;
    };
    const { list_services_response: listed } = await ask({ list_services: '' });
    const names = listed.service.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'millrace.v1.WorkflowService',
        'millrace.v1.TriggerService',
        'millrace.v1.IntegrationService',
        'millrace.v1.AIAgentService',
        'grpc.health.v1.Health',
      ]),
    );

    const files = new Map<string, Buffer>();
    const fetchFiles = async (request: object): Promise<void> => {
      const { file_descriptor_response: found } = await ask(request);
      for (const bytes of found.file_descriptor_proto as Buffer[]) {
        const { FileDescriptorProto } = (await import('protobufjs/ext/descriptor/index.js')) as any;
        const file = FileDescriptorProto.decode(bytes);
        if (files.has(file.name)) continue;
        files.set(file.name, bytes);
        for (const name of file.dependency) if (!files.has(name)) await fetchFiles({ file_by_filename: name });
      }
    };
    await fetchFiles({ file_containing_symbol: 'millrace.v1.WorkflowService' });
    expect([...files.keys()]).toEqual(
      expect.arrayContaining(['workflow_service.proto', 'workflow.proto', 'execution.proto']),
    );
    await fetchFiles({ file_by_filename: 'integration.proto' });
    const { FileDescriptorSet, FileDescriptorProto } = (await import('protobufjs/ext/descriptor/index.js')) as any;
    const set = FileDescriptorSet.create({
      file: [...files.values()].map((bytes) => FileDescriptorProto.decode(bytes)),
    });
    const root = (protobuf.Root as any).fromDescriptor(set) as protobuf.Root;
    root.resolveAll();
    const definition = fromJSON(root.toJSON(), {
      keepCase: true,
      longs: String,
      enums: String,
      defaults: true,
      oneofs: true,
    });
    const client = new GrpcClient(app.address, ADMIN_KEY, definition);
    const made = await client.call('WorkflowService/CreateWorkflow', {
      definition: `name: reflected ${version}\nsteps:\n  - {id: a, type: set, config: {values: {x: 1}}}`,
    });
    const ran = await client.call('WorkflowService/ExecuteWorkflow', { workflow_id: made.id, wait: true });
    expect(ran.status).toBe('EXECUTION_STATUS_COMPLETED');
    expect(new Set(ran.execution.step_executions.map((one: any) => one.step_path))).toEqual(new Set(['a']));
  });
});
