import { status as Code } from '@grpc/grpc-js';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_KEY } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { type GrpcApp, startGrpcApp } from '../support/grpc-app.js';
import { plain, struct } from '../support/grpc-client.js';
import { type ModelServer, type PlayedAnswer, startModelServer } from '../support/model-server.js';
import { NODE, ROOT } from '../support/paths.js';
import { type RecordingServer, startRecordingServer } from '../support/recording-server.js';

let app: GrpcApp;
let models: ModelServer;
let remote: RecordingServer;
let play: (body: Record<string, unknown>, count: number) => PlayedAnswer | Promise<PlayedAnswer>;
let before = 0;

beforeAll(async () => {
  models = await startModelServer((body, count) => play(body, count - before));
  remote = await startRecordingServer();
  app = await startGrpcApp({ OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${models.url}/v1` });
  await app.grpc.call('IntegrationService/CreateConnection', {
    name: 'clerk',
    type: 'llm',
    config: struct({
      provider: 'openai_compatible',
      base_url: `${models.url}/v1`,
      model: 'm',
      system: 'You are a clerk.',
      prices: { m: { input: 1_000, output: 1_000 } },
    }),
  });
});

beforeEach(() => {
  before = models.asked.length;
});

function run(request: object, grpc = app.grpc) {
  return gather(grpc.stream('AIAgentService/RunAgent', request));
}

/** What a stream gives, as it comes. */
function gather(stream: any) {
  const events: any[] = [];
  stream.on('data', (event: any) => events.push(event));
  const ended = new Promise<{ code: number; details?: string }>((resolve) => {
    stream.on('error', resolve);
    stream.on('end', () => resolve({ code: Code.OK }));
  });
  const of = (kind: string): any[] => events.filter(({ event }) => event === kind).map((one) => one[kind]);
  return { stream, events, ended, of };
}

describe('GenerateWorkflow', () => {
  const GOOD = { name: 'Say hello', steps: [{ id: 'say', type: 'log', config: { message: 'hello' } }] };

  it('gives a definition that CreateWorkflow takes, mended by the model where it had faults', async () => {
    play = (_body, count) => ({
      text: JSON.stringify(count === 1 ? { ...GOOD, steps: [{ id: 'say', type: 'shout' }] } : GOOD),
    });
    const draft = await app.grpc.call('AIAgentService/GenerateWorkflow', { text: 'Say hello' });
    expect(draft).toMatchObject({ valid: true, errors: [], attempts: 2, model: 'gpt-5-mini' });
    expect(draft.usage).toEqual({ input_tokens: '20', output_tokens: '10', total_tokens: '30' });
    expect(JSON.parse(draft.definition)).toEqual(GOOD);
    const made = await app.grpc.call('WorkflowService/CreateWorkflow', { definition: draft.definition });
    expect(made.name).toBe('Say hello');
  });

  it('gives the faults of what the model does not mend, and refuses what HTTP refuses', async () => {
    play = () => ({ text: 'I would rather not' });
    expect(await app.grpc.call('AIAgentService/GenerateWorkflow', { text: 'Say hello' })).toMatchObject({
      valid: false,
      definition: '',
      attempts: 3,
      errors: [{ code: 'not_a_definition' }],
    });
    const refused = await app.grpc.failure('AIAgentService/GenerateWorkflow', { text: '' });
    expect(refused.code).toBe(Code.INVALID_ARGUMENT);
    expect(refused.info['Faults'].faults[0].path).toBe('text');
  });
});

describe('RunAgent', () => {
  const tools = () => [{ node: 'http', name: 'tell', config: struct({ method: 'POST', url: `${remote.url}/told` }) }];

  it('sends turns, tool calls, the text as it is written, and the result', async () => {
    const shown = Promise.withResolvers<null>();
    const begun = Promise.withResolvers<null>();
    play = async (_body, turn) => {
      await (turn === 1 ? begun : shown).promise;
      return turn === 1
        ? { text: 'I will tell them', calls: [{ name: 'tell', arguments: { body: { a: 1 } } }] }
        : { text: 'They know' };
    };
    const { events, of, ended } = run({ agent_id: 'clerk', task: 'Tell {{ them }}', tools: tools() });
    await eventually(() => expect(of('execution')).not.toEqual([]));
    const { execution_id, workflow_id } = of('started')[0];
    const watch = gather(app.grpc.stream('WorkflowService/WatchExecution', { execution_id }));
    await eventually(() => expect(watch.of('execution')).not.toEqual([]));
    begun.resolve(null);
    const textOf = (tokens: any[]): string => tokens.map(({ text }) => text).join('');
    await eventually(() => {
      expect(textOf(of('token'))).toContain('I will tell them');
      expect(textOf(watch.of('token'))).toContain('I will tell them');
    });
    expect(watch.of('end')).toEqual([]);
    shown.resolve(null);
    expect(await ended).toEqual({ code: Code.OK });
    expect(events[0].event).toBe('started');
    expect(of('turn')).toMatchObject([
      { turn: 1, tools: ['tell'], usage: { total_tokens: '15' }, cost: 0.015 },
      { turn: 2, tools: [] },
    ]);
    const [call] = of('tool_call');
    expect(call).toMatchObject({ turn: 1, tool: 'tell', is_error: false });
    expect(plain(call.arguments)).toEqual({ body: { a: 1 } });
    expect(JSON.parse(call.result)).toMatchObject({ status_code: 200 });
    expect(events.at(-1)).toMatchObject({
      event: 'result',
      result: {
        status: 'EXECUTION_STATUS_COMPLETED',
        text: 'They know',
        turns: 2,
        tool_calls: 1,
        tokens: '30',
        cost: 0.03,
      },
    });
    // The task is no template.
    expect(JSON.stringify(models.asked.at(-1))).toContain('Tell {{ them }}');
    expect(await watch.ended).toEqual({ code: Code.OK });
    expect(await app.grpc.call('WorkflowService/GetExecutionStatus', { execution_id })).toMatchObject({ workflow_id });
    await eventually(async () => {
      const { body } = await app.api.get(`/audit-log?resource=workflows/${workflow_id}`);
      expect(body.items).toMatchObject([
        { actor: 'admin', action: 'workflows.execute' },
        { actor: 'admin', action: 'workflows.create', before: null, after: { id: workflow_id, tags: ['agent'] } },
      ]);
    });
  });

  it('goes on without its client, who finds it again by its token, or by its key', async () => {
    const gone = Promise.withResolvers<null>();
    play = async () => {
      await gone.promise;
      return { text: 'Still here' };
    };
    const request = { agent_id: 'clerk', task: 'Wait', idempotency_key: 'once' };
    const first = run(request);
    await eventually(() => expect(first.of('execution')).not.toEqual([]));
    first.stream.cancel();
    expect(await first.ended).toMatchObject({ code: Code.CANCELLED });
    const [{ execution_id }] = first.of('started');
    const { resume_token } = first.events.at(-1);
    const watch = app.grpc.stream('WorkflowService/WatchExecution', { execution_id, resume_token });
    const seen: string[] = [];
    watch.on('data', ({ event }: { event: string }) => seen.push(event));
    const watched = new Promise((resolve) => watch.on('end', resolve));
    const second = run(request);
    await eventually(() => expect(second.of('started')).toMatchObject([{ execution_id, duplicate: true }]));
    gone.resolve(null);
    await watched;
    expect(seen.indexOf('end')).toBe(seen.length - 1);
    expect(await second.ended).toEqual({ code: Code.OK });
    expect(second.of('result')).toMatchObject([{ text: 'Still here' }]);
    expect(models.asked.length - before).toBe(1);
  });

  it('makes one workflow for one setting and owner, whatever the task and the conversation', async () => {
    play = () => ({ text: 'Hello' });
    const workflowOf = async (request: object, grpc = app.grpc): Promise<string> => {
      const { ended, of } = run({ agent_id: 'clerk', task: 'x', ...request }, grpc);
      expect(await ended).toEqual({ code: Code.OK });
      return of('started')[0].workflow_id;
    };
    const memory = (conversation: string) => ({ task: `of ${conversation}`, memory: { conversation } });
    const ada = await workflowOf(memory('ada'));
    expect(await workflowOf(memory('bob'))).toBe(ada);
    expect(await workflowOf({ max_turns: 3 })).not.toBe(ada);
    const own = app.grpc.as(await app.key('editor', { owner_id: 'ada' }));
    const hers = await workflowOf(memory('ada'), own);
    expect(hers).not.toBe(ada);
    expect(await own.call('WorkflowService/GetWorkflow', { id: hers })).toMatchObject({
      owner_id: 'ada',
      tags: ['agent'],
    });
    const twice = await Promise.all([workflowOf({ max_turns: 4 }), workflowOf({ max_turns: 4 })]);
    expect(twice[0]).toBe(twice[1]);
  });

  it('ends with OK and the error in the result when the agent fails', async () => {
    play = () => ({ text: 'never' });
    const { ended, of } = run({ agent_id: 'clerk', task: 'Cost much', budget: { usd: 0.01 } });
    expect(await ended).toEqual({ code: Code.OK });
    expect(of('result')).toMatchObject([
      { status: 'EXECUTION_STATUS_FAILED', text: '', error: { code: 'budget_exceeded', step_path: 'agent' } },
    ]);
    expect(models.asked.length - before).toBe(0);
  });

  it.each([
    [{ task: '', model: 'm' }, 'task'],
    [{ task: 'x' }, 'model'],
    [{ task: 'x', model: 'm', memory: {} }, 'memory.conversation'],
    [{ task: 'x', model: 'm', tools: [{ mcp: 'a', node: 'http' }] }, 'tools[0]'],
  ])('refuses %j and names the field', async (request, path) => {
    const { stream, ended } = run(request);
    let info: Buffer | undefined;
    stream.on('error', ({ metadata }: any) => ([info] = metadata.get('grpc-status-details-bin')));
    expect(await ended).toMatchObject({ code: Code.INVALID_ARGUMENT });
    expect(info?.toString('latin1')).toContain(path);
    expect(info?.toString('latin1')).not.toContain('steps[0]');
  });
});

it('the client that the guide shows is the one in examples, and does what it says', async () => {
  const path = 'examples/grpc/agent.mjs';
  const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  expect(read('docs/guides/grpc.md')).toContain(`\`\`\`js\n${read(path)}\`\`\``);
  play = (_body, turn) =>
    turn === 1 ? { calls: [{ name: 'fetch', arguments: { url: remote.url } }] } : { text: 'It is up' };
  const env = { PATH: process.env['PATH'], MILLRACE_GRPC: app.address, MILLRACE_KEY: ADMIN_KEY };
  const { stdout } = await promisify(execFile)(NODE, [join(ROOT, path), 'Is it up?'], { env });
  expect(stdout.trim().split('\n')).toEqual([
    'turn 1 fetch',
    'tool fetch worked',
    'turn 2 answered',
    'EXECUTION_STATUS_COMPLETED It is up',
  ]);
});
