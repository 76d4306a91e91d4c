import { status as Code } from '@grpc/grpc-js';
import { LocalEnds } from '../../src/engine/ends/local-ends.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { type GrpcApp, startGrpcApp } from '../support/grpc-app.js';
import { eventually } from '../support/eventually.js';
import { plain, plainStruct, struct, value } from '../support/grpc-client.js';

const ECHO = [
  'name: echo',
  'steps:',
  '  - {id: say, type: set, config: {values: {it: "{{ input }}", who: "{{ variables.who }}"}}}',
  'variables: {who: nobody}',
  'output: {it: "{{ steps.say.output.it }}", who: "{{ steps.say.output.who }}"}',
].join('\n');

/** Who awaits which end. */
interface Ends {
  readonly expected: Map<string, { readonly wakes: Set<unknown> }>;
}

let app: GrpcApp;
beforeAll(async () => {
  // Only a server that can send mails takes triggers that notify; none is sent here.
  app = await startGrpcApp({ SMTP_URL: 'smtp://127.0.0.1:9', NOTIFY_EMAIL: 'ops@example.com' });
});

describe('WorkflowService', () => {
  it('shows a workflow made by REST as REST does, and the other way round', async () => {
    const id = await app.api.create(ECHO.replace('name: echo', 'name: made by rest'));
    const rest = (await app.api.get(`/workflows/${id}`)).body;
    const seen = await app.grpc.call('WorkflowService/GetWorkflow', { id: rest.slug });
    expect(seen).toMatchObject({ id, slug: rest.slug, name: rest.name, version: 1, status: 'WORKFLOW_STATUS_DRAFT' });
    expect(JSON.parse(seen.definition)).toEqual(rest.definition);
    expect(new Date(Number(seen.created_at.seconds) * 1000 + seen.created_at.nanos / 1e6).toISOString()).toBe(
      rest.created_at,
    );

    const definition = ECHO.replace('name: echo', 'name: made by grpc');
    const made = await app.grpc.call('WorkflowService/CreateWorkflow', { definition, tags: ['a'], slug: 'by-grpc' });
    const again = (await app.api.get('/workflows/by-grpc')).body;
    expect(again).toMatchObject({
      id: made.id,
      name: 'made by grpc',
      tags: ['a'],
      revision: Number(/\d+/.exec(made.etag)?.[0]),
    });
    expect(again.definition).toEqual(JSON.parse(made.definition));
  });

  it('takes a definition as a structure, nulls and numbers included', async () => {
    const definition = {
      name: 'structured',
      variables: { none: null, half: 0.5, list: [1, null] },
      steps: [{ id: 'a', type: 'set', config: { values: { x: 1 } } }],
    };
    const made = await app.grpc.call('WorkflowService/CreateWorkflow', { definition_struct: struct(definition) });
    expect(JSON.parse(made.definition).variables).toEqual(definition.variables);
  });

  it('runs, waits, and gives any JSON value back as it was', async () => {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO });
    const input = { n: 0, neg: -1.5, big: 9007199254740991, t: true, no: null, list: [1, 'a', null, []], o: {}, s: '' };
    const answer = await app.grpc.call('WorkflowService/ExecuteWorkflow', {
      workflow_id: id,
      input: value(input),
      variables: struct({ who: 'Ada' }),
      wait: true,
      wait_timeout: { seconds: 20 },
    });
    expect(answer.status).toBe('EXECUTION_STATUS_COMPLETED');
    expect(plain(answer.execution.output)).toEqual({ it: input, who: 'Ada' });
    expect(plain(answer.execution.input)).toEqual(input);
    const shown = await app.grpc.call('WorkflowService/GetExecutionStatus', { execution_id: answer.execution_id });
    expect(shown.step_executions).toMatchObject([{ step_path: 'say', status: 'STEP_STATUS_COMPLETED', attempt: 1 }]);
    expect(plainStruct(shown.variables)).toEqual({ who: 'Ada' });
    const rest = await app.api.execution(answer.execution_id);
    expect(rest.output).toEqual({ it: input, who: 'Ada' });
  });

  it('gives what is nested too deep for messages as its JSON text, and loses nothing', async () => {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO });
    let deep: unknown = 'bottom';
    for (let level = 0; level < 60; level++) deep = { in: deep };
    const started = await app.api.post(`/workflows/${id}/execute`, { input: deep, wait: true });
    const shown = await app.grpc.call('WorkflowService/GetExecutionStatus', { execution_id: started.body.id });
    let at = plain(shown.input);
    while (typeof at === 'object') at = at.in;
    expect(at).toContain('bottom');
    expect(JSON.parse(at)).toHaveProperty('in');
  });

  it('waits no longer than the deadline of the call; what was started runs on', async () => {
    const definition = 'name: slow\nsteps:\n  - {id: sleep, type: wait, config: {duration: 1h}}';
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition });
    const request = { workflow_id: id, wait: true, wait_timeout: { seconds: 600 } };
    const late = app.grpc.call('WorkflowService/ExecuteWorkflow', request, {}, { deadline: Date.now() + 1_000 });
    await expect(late).rejects.toMatchObject({ code: Code.DEADLINE_EXCEEDED });
    const { expected } = app.app.get<LocalEnds, Ends>(LocalEnds, { strict: false });
    await eventually(() => expect([...expected.values()].filter(({ wakes }) => wakes.size > 0)).toEqual([]));
    const { executions } = await app.grpc.call('WorkflowService/GetExecutionHistory', { workflow_id: id });
    expect(executions).toHaveLength(1);
    await app.grpc.call('WorkflowService/CancelExecution', { execution_id: executions[0].id });
  });

  it('starts once for one key, in the field or in the metadata', async () => {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO });
    const first = await app.grpc.call('WorkflowService/ExecuteWorkflow', { workflow_id: id, idempotency_key: 'k1' });
    const second = await app.grpc.call(
      'WorkflowService/ExecuteWorkflow',
      { workflow_id: id },
      { 'idempotency-key': 'k1' },
    );
    const third = await app.api.post(`/workflows/${id}/execute`, {}, { 'idempotency-key': 'k1' });
    expect(first).toMatchObject({ duplicate: false, status: 'EXECUTION_STATUS_QUEUED' });
    expect(second).toMatchObject({ duplicate: true, execution_id: first.execution_id });
    expect(third.body).toMatchObject({ duplicate: true, execution_id: first.execution_id });
  });

  it('changes only what is given, and only what the etag has seen', async () => {
    const made = await app.grpc.call('WorkflowService/CreateWorkflow', {
      definition: ECHO,
      tags: ['x'],
      description: 'old',
    });
    const changed = await app.grpc.call('WorkflowService/UpdateWorkflow', {
      id: made.id,
      description: '',
      etag: made.etag,
    });
    expect(changed).toMatchObject({ description: '', tags: ['x'], name: 'echo', version: 1 });
    const late = await app.grpc.failure('WorkflowService/UpdateWorkflow', { id: made.id, name: 'y', etag: made.etag });
    expect(late).toMatchObject({
      code: Code.ABORTED,
      info: { ErrorInfo: { reason: 'revision_mismatch', metadata: { etag: changed.etag } } },
    });
    const emptied = await app.grpc.call('WorkflowService/UpdateWorkflow', { id: made.id, tags: { values: [] } });
    expect(emptied.tags).toEqual([]);
    expect(await app.grpc.failure('WorkflowService/DeleteWorkflow', { id: made.id, etag: made.etag })).toMatchObject({
      code: Code.ABORTED,
    });
    await app.grpc.call('WorkflowService/DeleteWorkflow', { id: made.id, etag: emptied.etag });
    expect(await app.grpc.failure('WorkflowService/GetWorkflow', { id: made.id })).toMatchObject({
      code: Code.NOT_FOUND,
      info: { ErrorInfo: { reason: 'workflow_not_found', domain: 'millrace' } },
    });
  });

  it('lists page by page', async () => {
    for (const n of [1, 2, 3])
      await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO, name: `page ${n}`, tags: ['paged'] });
    const ids: string[] = [];
    let page_token = '';
    do {
      const page = await app.grpc.call('WorkflowService/ListWorkflows', {
        page_size: 2,
        page_token,
        tags: ['paged'],
        statuses: ['WORKFLOW_STATUS_DRAFT'],
      });
      ids.push(...page.workflows.map((one: { id: string }) => one.id));
      page_token = page.next_page_token;
    } while (page_token !== '');
    expect(new Set(ids).size).toBe(3);
    expect(await app.grpc.failure('WorkflowService/ListWorkflows', { page_size: -1 })).toMatchObject({
      code: Code.INVALID_ARGUMENT,
    });
    expect(await app.grpc.failure('WorkflowService/ListWorkflows', { page_token: 'no' })).toMatchObject({
      info: { ErrorInfo: { reason: 'cursor_invalid' } },
    });
    expect(
      (await app.grpc.call('WorkflowService/ListWorkflows', { page_size: 100_000 })).workflows.length,
    ).toBeGreaterThan(3);
  });

  it('tells every fault of a definition with its line and column', async () => {
    const definition =
      'name: bad\nsteps:\n  - id: a\n    type: nothing\n  - id: b\n    type: wait\n    config: {duration: soon}\n';
    const failed = await app.grpc.failure('WorkflowService/CreateWorkflow', { definition });
    const rest = await app.api.call('POST', '/workflows', definition, { 'content-type': 'application/yaml' });
    expect(failed.code).toBe(Code.INVALID_ARGUMENT);
    expect(failed.info['ErrorInfo'].reason).toBe(rest.body.code);
    expect(failed.info['Faults'].faults).toMatchObject(rest.body.errors);
    expect(failed.info['BadRequest'].field_violations).toHaveLength(rest.body.errors.length);
    expect(failed.info['BadRequest'].field_violations[0].description).toMatch(/\(line 4, column \d+\)/);
  });

  it('cancels, and finds executions in the history', async () => {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', {
      definition: 'name: long\nsteps:\n  - {id: sleep, type: wait, config: {duration: 1h}}',
    });
    const { execution_id } = await app.grpc.call('WorkflowService/ExecuteWorkflow', { workflow_id: id });
    const cancelled = await app.grpc.call('WorkflowService/CancelExecution', { execution_id, reason: 'enough' });
    expect(cancelled).toMatchObject({ status: 'EXECUTION_STATUS_CANCELLED', cancel_reason: 'enough' });
    const history = await app.grpc.call('WorkflowService/GetExecutionHistory', {
      workflow_id: id,
      statuses: ['EXECUTION_STATUS_CANCELLED'],
    });
    expect(history.executions.map((one: { id: string }) => one.id)).toEqual([execution_id]);
    const none = await app.grpc.call('WorkflowService/GetExecutionHistory', {
      workflow_id: id,
      statuses: ['EXECUTION_STATUS_FAILED'],
    });
    expect(none.executions).toEqual([]);
    const done = await app.grpc.call('WorkflowService/ExecuteWorkflow', {
      workflow_id: (await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO })).id,
      wait: true,
    });
    expect(
      await app.grpc.failure('WorkflowService/CancelExecution', { execution_id: done.execution_id }),
    ).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      info: { ErrorInfo: { reason: 'execution_state' } },
    });
  });

  it('says ALREADY_EXISTS for a slug that is taken, INVALID_ARGUMENT for what no enum has', async () => {
    await app.grpc.call('WorkflowService/CreateWorkflow', { definition: ECHO, slug: 'taken' });
    expect(await app.grpc.failure('WorkflowService/CreateWorkflow', { definition: ECHO, slug: 'taken' })).toMatchObject(
      { code: Code.ALREADY_EXISTS },
    );
    expect(await app.grpc.failure('WorkflowService/ListWorkflows', { statuses: [77] })).toMatchObject({
      code: Code.INVALID_ARGUMENT,
    });
    expect(
      await app.grpc.failure('WorkflowService/ExecuteWorkflow', { workflow_id: 'taken', priority: 11 }),
    ).toMatchObject({
      code: Code.INVALID_ARGUMENT,
      info: { BadRequest: { field_violations: [{ field: 'priority', reason: 'max' }] } },
    });
  });
});

describe('TriggerService', () => {
  const HOOKED = `${ECHO}\ntriggers:\n  - {type: webhook, name: hook, config: {}}\n  - {type: manual, name: ask, config: {require_confirmation: true}}\n`;

  async function deployed(): Promise<{ id: string; triggers: Record<string, any> }> {
    const { id } = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: HOOKED });
    expect((await app.api.post(`/deployment/workflows/${id}/deploy`)).status).toBe(201);
    const { triggers } = await app.grpc.call('TriggerService/ListTriggers', { workflow_id: id });
    return { id, triggers: Object.fromEntries(triggers.map((one: { name: string }) => [one.name, one])) };
  }

  it('creates, changes, disables, enables and deletes triggers', async () => {
    const { id } = await deployed();
    const made = await app.grpc.call('TriggerService/CreateTrigger', {
      workflow_id: id,
      type: 'cron',
      name: 'nightly',
      config: struct({ cron: '0 2 * * *' }),
      priority: 7,
      dedup: { key: '{{ trigger.scheduled_for }}', ttl: 60 },
    });
    expect(made).toMatchObject({
      type: 'cron',
      is_enabled: true,
      is_armed: true,
      priority: 7,
      origin: 'api',
      dedup: { ttl: 60 },
    });
    expect(plainStruct(made.config)).toEqual({ cron: '0 2 * * *' });
    expect(Number(made.next_due.seconds)).toBeGreaterThan(0);
    const off = await app.grpc.call('TriggerService/DisableTrigger', { id: made.id });
    expect(off).toMatchObject({ is_enabled: false, name: 'nightly', priority: 7 });
    expect(await app.grpc.call('TriggerService/EnableTrigger', { id: made.id })).toMatchObject({ is_enabled: true });
    const named = await app.grpc.call('TriggerService/UpdateTrigger', {
      id: made.id,
      name: 'daily',
      mode: 'TRIGGER_MODE_NOTIFY',
    });
    expect(named).toMatchObject({ name: 'daily', mode: 'TRIGGER_MODE_NOTIFY', priority: 7 });
    expect((await app.api.get(`/triggers/${made.id}`)).body).toMatchObject({
      name: 'daily',
      mode: 'notify',
      is_enabled: true,
    });
    await app.grpc.call('TriggerService/DeleteTrigger', { id: made.id });
    expect(await app.grpc.failure('TriggerService/GetTrigger', { id: made.id })).toMatchObject({
      code: Code.NOT_FOUND,
    });
    expect(
      await app.grpc.failure('TriggerService/CreateTrigger', {
        workflow_id: id,
        type: 'cron',
        config: struct({ cron: 'x' }),
      }),
    ).toMatchObject({
      code: Code.INVALID_ARGUMENT,
    });
  });

  it('fires a webhook with its body, once for one key, and lists the occurrences', async () => {
    const { triggers } = await deployed();
    const { id } = triggers['hook'];
    const fired = await app.grpc.call('TriggerService/FireTrigger', {
      id,
      payload: value({ a: 1 }),
      idempotency_key: 'f',
    });
    expect(fired).toMatchObject({ status: 'queued', duplicate: false, reason: null });
    const twice = await app.grpc.call('TriggerService/FireTrigger', {
      id,
      payload: value({ a: 2 }),
      idempotency_key: 'f',
    });
    expect(twice).toMatchObject({ duplicate: true, execution_id: fired.execution_id });
    const ended = await app.api.reaches(fired.execution_id, 'completed');
    expect(ended.output.it).toEqual({ a: 1 });
    await eventually(async () => {
      const { occurrences } = await app.grpc.call('TriggerService/ListOccurrences', {
        trigger_id: id,
        outcome: 'OCCURRENCE_OUTCOME_FIRED',
      });
      expect(occurrences).toMatchObject([{ execution_id: fired.execution_id, outcome: 'OCCURRENCE_OUTCOME_FIRED' }]);
      expect(plain(occurrences[0].payload).body).toEqual({ a: 1 });
    });
  });

  it('asks for a confirmation where a manual trigger wants one', async () => {
    const { triggers } = await deployed();
    const { id } = triggers['ask'];
    const asked = await app.grpc.call('TriggerService/FireTrigger', { id, payload: value({ b: 1 }) });
    expect(asked).toMatchObject({ execution_id: '', confirmation: { token: expect.any(String) } });
    const fired = await app.grpc.call('TriggerService/FireTrigger', {
      id,
      confirmation_token: asked.confirmation.token,
    });
    expect((await app.api.reaches(fired.execution_id, 'completed')).input).toEqual({ b: 1 });
    expect(
      await app.grpc.failure('TriggerService/FireTrigger', { id, confirmation_token: asked.confirmation.token }),
    ).toMatchObject({
      code: Code.FAILED_PRECONDITION,
    });
  });
});

describe('IntegrationService', () => {
  it('keeps connections and shows no secret of theirs', async () => {
    const config = struct({
      host: 'db.example.com',
      database: 'd',
      user: 'u',
      password: 'sesame-open',
      dialect: 'postgresql',
    });
    const request = { name: 'reports', type: 'database', config, description: 'all' };
    const failed = await app.grpc.failure('IntegrationService/CreateConnection', {
      ...request,
      config: struct({ nonsense: 1 }),
    });
    expect(failed).toMatchObject({
      code: Code.INVALID_ARGUMENT,
      info: { ErrorInfo: { reason: 'connection_invalid' } },
    });
    const url = struct({ url: 'postgresql://u:sesame-open@127.0.0.1:1/d' });
    const made = await app.grpc.call('IntegrationService/CreateConnection', { ...request, config: url });
    expect(JSON.stringify(made)).not.toContain('sesame');
    expect(await app.grpc.failure('IntegrationService/CreateConnection', { ...request, config: url })).toMatchObject({
      code: Code.ALREADY_EXISTS,
    });
    const { connections } = await app.grpc.call('IntegrationService/ListConnections');
    expect(connections).toMatchObject([{ name: 'reports', type: 'database', revision: 1 }]);
    expect(
      await app.grpc.call('IntegrationService/UpdateConnection', { id: 'reports', description: 'some' }),
    ).toMatchObject({ revision: 2, description: 'some' });
    const tested = await app.grpc.call('IntegrationService/TestConnection', { id: 'reports' });
    expect(tested).toMatchObject({ ok: false, error: { message: expect.any(String) } });
    expect((await app.api.get('/connections/reports')).body).toMatchObject({ id: made.id, description: 'some' });
    await app.grpc.call('IntegrationService/DeleteConnection', { id: made.id });
    expect(await app.grpc.failure('IntegrationService/GetConnection', { id: 'reports' })).toMatchObject({
      code: Code.NOT_FOUND,
    });
  });
});
