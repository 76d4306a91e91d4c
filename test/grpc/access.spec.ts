import { status as Code } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AccessRole, ROLES } from '../../src/common/api/requires.js';
import { GrpcAccessGuard } from '../../src/access/grpc-access.guard.js';
import { PROTO_FOLDER } from '../../src/common/grpc/protos.js';
import { eventually } from '../support/eventually.js';
import { type GrpcApp, startGrpcApp } from '../support/grpc-app.js';
import { type GrpcClient, SERVICES, struct } from '../support/grpc-client.js';

/** The least role of each method. What is not in here fails the first test. */
const METHODS: Readonly<Record<string, AccessRole>> = {
  'WorkflowService/CreateWorkflow': 'editor',
  'WorkflowService/GetWorkflow': 'viewer',
  'WorkflowService/UpdateWorkflow': 'editor',
  'WorkflowService/DeleteWorkflow': 'editor',
  'WorkflowService/ListWorkflows': 'viewer',
  'WorkflowService/ExecuteWorkflow': 'operator',
  'WorkflowService/GetExecutionStatus': 'viewer',
  'WorkflowService/CancelExecution': 'operator',
  'WorkflowService/GetExecutionHistory': 'viewer',
  'WorkflowService/WatchExecution': 'viewer',
  'TriggerService/CreateTrigger': 'editor',
  'TriggerService/GetTrigger': 'viewer',
  'TriggerService/UpdateTrigger': 'editor',
  'TriggerService/DeleteTrigger': 'editor',
  'TriggerService/ListTriggers': 'viewer',
  'TriggerService/EnableTrigger': 'editor',
  'TriggerService/DisableTrigger': 'editor',
  'TriggerService/FireTrigger': 'operator',
  'TriggerService/ListOccurrences': 'viewer',
  'IntegrationService/CreateConnection': 'admin',
  'IntegrationService/GetConnection': 'admin',
  'IntegrationService/UpdateConnection': 'admin',
  'IntegrationService/ListConnections': 'admin',
  'IntegrationService/TestConnection': 'admin',
  'IntegrationService/DeleteConnection': 'admin',
  'AIAgentService/GenerateWorkflow': 'editor',
  'AIAgentService/RunAgent': 'editor',
};
const STREAMS = ['WorkflowService/WatchExecution', 'AIAgentService/RunAgent'];
const DENIED = [Code.UNAUTHENTICATED, Code.PERMISSION_DENIED];
const ECHO = 'name: mine\nsteps:\n  - {id: a, type: set, config: {values: {x: 1}}}';

let app: GrpcApp;
const callers = new Map<AccessRole, GrpcClient>();
beforeAll(async () => {
  app = await startGrpcApp();
  for (const role of ROLES) callers.set(role, app.grpc.as(await app.key(role)));
});

/** How a call of any kind ends. */
async function codeOf(client: GrpcClient, method: string): Promise<number> {
  if (!STREAMS.includes(method)) {
    return client.call(method).then(
      () => Code.OK,
      (error: unknown) => (error as { code: number }).code,
    );
  }
  const stream = client.stream(method);
  return new Promise((resolve) => {
    stream.on('error', (error: { code: number }) => resolve(error.code));
    stream.on('end', () => resolve(Code.OK));
    stream.resume();
  });
}

describe('every method of every service', () => {
  it('has its rule, and is implemented', async () => {
    const definition = loadSync(SERVICES, { includeDirs: [PROTO_FOLDER] });
    const declared = Object.entries(definition).flatMap(([name, each]) =>
      'format' in each ? [] : Object.keys(each).map((method) => `${name.split('.').at(-1) ?? ''}/${method}`),
    );
    expect(declared.sort()).toEqual(Object.keys(METHODS).sort());
    const admin = callers.get('admin')!;
    for (const method of declared) expect(await codeOf(admin, method), method).not.toBe(Code.UNIMPLEMENTED);
  });

  it('is refused to who shows nothing, and to who shows what is not valid', async () => {
    const nobody = app.grpc.as(null);
    const stranger = app.grpc.as(`mr_${'x'.repeat(40)}`);
    for (const method of Object.keys(METHODS)) {
      expect(await codeOf(nobody, method), method).toBe(Code.UNAUTHENTICATED);
      expect(await codeOf(stranger, method), method).toBe(Code.UNAUTHENTICATED);
    }
  });

  it('is refused to every role below the one it needs, and open to that one', async () => {
    for (const [method, needed] of Object.entries(METHODS)) {
      for (const role of ROLES) {
        const code = await codeOf(callers.get(role)!, method);
        const isDenied = ROLES.indexOf(role) < ROLES.indexOf(needed);
        if (isDenied) expect(code, `${method} as ${role}`).toBe(Code.PERMISSION_DENIED);
        else expect(DENIED, `${method} as ${role}`).not.toContain(code);
      }
    }
  });

  it('that declares no rule is denied to everybody', async () => {
    const guard = app.app.get(GrpcAccessGuard);
    const context = { getHandler: () => () => undefined, getArgByIndex: () => ({}) } as any;
    await expect(guard.canActivate(context)).rejects.toMatchObject({ code: 'route_closed' });
  });
});

describe('credentials in the metadata', () => {
  it('come as authorization or as x-api-key', async () => {
    const key = await app.key('viewer');
    const nobody = app.grpc.as(null);
    for (const metadata of [{ authorization: `Bearer ${key}` }, { 'x-api-key': key }] as Record<string, string>[]) {
      expect(await nobody.call('WorkflowService/ListWorkflows', {}, metadata)).toHaveProperty('workflows');
    }
  });

  it('with scopes reach what the same scopes reach by HTTP', async () => {
    const scoped = app.grpc.as(await app.key('editor', { scopes: ['workflows:read', 'executions'] }));
    expect(await scoped.call('WorkflowService/ListWorkflows')).toHaveProperty('workflows');
    expect(await scoped.failure('WorkflowService/CreateWorkflow', { definition: ECHO })).toMatchObject({
      code: Code.PERMISSION_DENIED,
      info: { ErrorInfo: { reason: 'scope_missing' } },
    });
    expect(await codeOf(scoped, 'TriggerService/GetTrigger')).toBe(Code.PERMISSION_DENIED);
    expect(await codeOf(scoped, 'WorkflowService/CancelExecution')).toBe(Code.NOT_FOUND);
  });

  it('that are bound to an owner see only what is theirs', async () => {
    const [ada, bob] = await Promise.all(
      ['ada', 'bob'].map(async (owner_id) => app.grpc.as(await app.key('editor', { owner_id }))),
    );
    const { id, owner_id } = await ada!.call('WorkflowService/CreateWorkflow', { definition: ECHO, owner_id: 'bob' });
    expect(owner_id).toBe('ada');
    expect(await bob!.failure('WorkflowService/GetWorkflow', { id })).toMatchObject({ code: Code.NOT_FOUND });
    const { execution_id } = await ada!.call('WorkflowService/ExecuteWorkflow', { workflow_id: id, wait: true });
    expect(await bob!.failure('WorkflowService/GetExecutionStatus', { execution_id })).toMatchObject({
      code: Code.NOT_FOUND,
    });
    expect((await bob!.call('WorkflowService/GetExecutionHistory')).executions).toEqual([]);
    const stream = bob!.stream('WorkflowService/WatchExecution', { execution_id });
    const code = await new Promise((resolve) => {
      stream.on('error', (error: { code: number }) => resolve(error.code));
      stream.resume();
    });
    expect(code).toBe(Code.NOT_FOUND);
  });
});

describe('writes', () => {
  it('are in the audit log as by HTTP: who, what, before, after, from where', async () => {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO, name: 'audited' });
    await app.grpc.call('WorkflowService/UpdateWorkflow', { id, name: 'renamed' });
    await app.grpc.call('IntegrationService/CreateConnection', {
      name: 'audited',
      type: 'database',
      config: struct({ url: 'postgresql://u:sesame-open@127.0.0.1:1/d' }),
    });
    await eventually(async () => {
      const { body } = await app.api.get(`/audit-log?resource=workflows/${id}`);
      expect(body.items).toMatchObject([
        {
          actor: 'admin',
          action: 'workflows.update',
          ip: '127.0.0.1',
          before: { name: 'audited' },
          after: { name: 'renamed' },
        },
        { actor: 'admin', action: 'workflows.create', ip: '127.0.0.1', before: null, after: { name: 'audited' } },
      ]);
      const connections = await app.api.get('/audit-log?action=connections.create');
      expect(connections.body.items).toHaveLength(1);
      expect(JSON.stringify(connections.body)).not.toContain('sesame');
    });
  });

  it('are limited per key, and reads are not', async () => {
    const limited = await startGrpcApp({ RATE_LIMIT_API: '2/1h' });
    const key = await limited.key('editor');
    const caller = limited.grpc.as(key);
    for (const name of ['one', 'two']) await caller.call('WorkflowService/CreateWorkflow', { definition: ECHO, name });
    const refused = await caller.failure('WorkflowService/CreateWorkflow', { definition: ECHO });
    expect(refused).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, info: { ErrorInfo: { reason: 'rate_limited' } } });
    expect(refused.info['RetryInfo'].retry_delay.seconds).toBeGreaterThan(0);
    expect((await caller.call('WorkflowService/ListWorkflows')).workflows).toHaveLength(2);
    await limited.close();
  });
});

describe('messages', () => {
  it('are refused above the limit that HTTP has', async () => {
    const definition = 'x'.repeat(11 * 1024 * 1024);
    expect(await app.grpc.failure('WorkflowService/CreateWorkflow', { definition })).toMatchObject({
      code: Code.RESOURCE_EXHAUSTED,
    });
  });
});
