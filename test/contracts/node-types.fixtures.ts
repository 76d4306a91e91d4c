import type { NodeOutcome } from '../../src/nodes/node.contract.js';

/** What the shared suite needs to know of a type: its examples. `url` is a server that answers with JSON. */
export interface NodeTypeFixture {
  /** A config after its templates were evaluated. */
  readonly good: (url: string) => Record<string, unknown>;
  /** The same as it may stand in a definition. */
  readonly templated: Record<string, unknown>;
  /** A config with one fault, and where. */
  readonly bad: { readonly config: Record<string, unknown>; readonly path: string };
  /** How an attempt with `good` ends. */
  readonly kind: NodeOutcome['kind'];
  /** A config whose attempt does not end by itself soon; null for types that only compute. */
  readonly endless: ((url: string) => Record<string, unknown>) | null;
}

export const FIXTURES: Readonly<Record<string, NodeTypeFixture>> = {
  agent: {
    good: () => ({ agent_id: 'models', task: 'Say hello', tools: [{ mcp: 'tools', only: ['echo'] }] }),
    templated: { model: '{{ variables.model }}', task: 'Answer {{ input.mail }}', budget: { usd: '{{ input.most }}' } },
    bad: { config: { model: 'm', task: 'x', tools: [{ name: 'nothing' }] }, path: 'tools[0].mcp' },
    kind: 'done',
    endless: () => ({ agent_id: 'silent_models', task: 'Say hello' }),
  },
  approval: {
    good: () => ({ title: 'Pay?', assignees: ['ada@example.com'], form: { type: 'object' }, timeout: '2d' }),
    templated: { title: 'Pay {{ input.amount }}', assignees: '{{ input.people }}', notify: ['{{ input.owner }}'] },
    bad: { config: { form: { type: 'nothing' } }, path: 'form' },
    kind: 'suspend',
    endless: null,
  },
  condition: {
    good: () => ({ expression: true, then: [{ id: 'a', type: 'log', config: { message: 'yes' } }] }),
    templated: { conditions: { all: ['{{ input.a }}', 'input.b > 1'] } },
    bad: { config: { conditions: { all: [] } }, path: 'conditions.all' },
    kind: 'enter',
    endless: null,
  },
  emit: {
    good: () => ({ type: 'order.paid', data: { order: 7 } }),
    templated: { type: 'order.{{ input.what }}', source: '{{ input.shop }}', data: '{{ input }}' },
    bad: { config: { type: 'millrace.execution.failed' }, path: 'type' },
    kind: 'done',
    endless: null,
  },
  database: {
    good: () => ({ connection: 'shop', operation: 'query', sql: 'SELECT 1 AS one' }),
    templated: { connection: '{{ variables.shop }}', operation: 'insert', table: 't', values: '{{ input.row }}' },
    bad: { config: { connection: 'shop', operation: 'delete', table: 't' }, path: 'where' },
    kind: 'done',
    endless: () => ({
      connection: 'shop',
      operation: 'query',
      sql: 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c',
    }),
  },
  email: {
    good: () => ({ connection: 'mail', to: 'ann@example.com', subject: 'Hello', text: 'Good day' }),
    templated: { connection: 'mail', to: '{{ input.to }}', subject: 'Order {{ input.id }}', text: '{{ input.text }}' },
    bad: { config: { connection: 'mail', to: 'nobody', subject: 'Hello', text: '' }, path: 'to' },
    kind: 'done',
    endless: () => ({ connection: 'silent_mail', to: 'ann@example.com', subject: 'Hello', text: 'Good day' }),
  },
  fail: {
    good: () => ({ message: 'No such customer', code: 'customer_unknown' }),
    templated: { message: 'No customer {{ input.id }}', code: '{{ input.code }}' },
    bad: { config: { message: 'x', code: 'not a code' }, path: 'code' },
    kind: 'fail',
    endless: null,
  },
  github: {
    good: () => ({ connection: 'github', operation: 'comment', repository: 'o/r', number: 1, body: 'Done' }),
    templated: { operation: 'issue', repository: '{{ input.repository }}', title: 'Order {{ input.id }}' },
    bad: { config: { operation: 'comment', repository: 'o/r', number: 1 }, path: 'body' },
    kind: 'done',
    endless: () => ({ connection: 'silent_github', operation: 'file', repository: 'o/r', path: 'README.md' }),
  },
  file: {
    good: () => ({ operation: 'write', name: 'a.txt', content: 'hello' }),
    templated: { operation: 'write', name: '{{ input.name }}', content: '{{ input.rows }}', format: 'json' },
    bad: { config: { operation: 'write', name: 'a.txt' }, path: 'content' },
    kind: 'done',
    endless: null,
  },
  group: {
    good: () => ({ steps: [{ id: 'a', type: 'log', config: { message: 'x' } }] }),
    templated: { steps: [{ id: 'a', type: 'log', config: { message: '{{ input.x }}' } }] },
    bad: { config: { steps: 'none' }, path: 'steps' },
    kind: 'fan_out',
    endless: null,
  },
  http: {
    good: (url) => ({ method: 'POST', url: `${url}/answer`, body: { a: 1 } }),
    templated: {
      url: '{{ variables.url }}',
      timeout: '{{ variables.timeout }}',
      auth: { type: '{{ variables.auth }}' },
    },
    bad: { config: { url: 'https://example.com', auth: { type: 'basic', username: 'u' } }, path: 'auth.password' },
    kind: 'done',
    endless: (url) => ({ url: `${url}/never` }),
  },
  log: {
    good: () => ({ level: 'warn', message: 'low', data: { left: 3 } }),
    templated: { level: '{{ input.level }}', message: 'of {{ input.name }}' },
    bad: { config: { level: 'loud', message: 'x' }, path: 'level' },
    kind: 'done',
    endless: null,
  },
  loop: {
    good: () => ({ items: [1, 2], steps: [{ id: 'a', type: 'log', config: { message: 'x' } }] }),
    templated: { while: 'index < input.most', max_iterations: '{{ input.most }}', steps: [] },
    bad: { config: { items: [1], item_variable: 'steps', steps: [] }, path: 'item_variable' },
    kind: 'fan_out',
    endless: null,
  },
  memory: {
    good: () => ({ operation: 'increment', scope: 'global', key: 'count' }),
    templated: { operation: 'set', key: 'seen_{{ input.id }}', value: '{{ input }}', ttl: '{{ variables.ttl }}' },
    bad: { config: { operation: 'set', key: 'a' }, path: 'value' },
    kind: 'done',
    endless: null,
  },
  parallel: {
    good: () => ({
      branches: {
        left: [{ id: 'a', type: 'log', config: { message: 'x' } }],
        right: [{ id: 'b', type: 'log', config: { message: 'y' } }],
      },
      wait_for: 'any',
    }),
    templated: { branches: { left: [] }, max_concurrency: '{{ input.most }}', wait_for: '{{ input.enough }}' },
    bad: { config: { branches: { left: [] }, wait_for: 2 }, path: 'wait_for' },
    kind: 'fan_out',
    endless: null,
  },
  respond: {
    good: () => ({ status_code: 201, headers: { Location: '/orders/7', 'X-Count': 3 }, body: { id: 7 } }),
    templated: { status_code: '{{ input.status }}', headers: { 'X-Id': '{{ input.id }}' }, body: '{{ input }}' },
    bad: { config: { headers: { 'Content-Length': 3 } }, path: 'headers.Content-Length' },
    kind: 'respond',
    endless: null,
  },
  script: {
    good: () => ({ code: 'return { sum: 1 + args.b };', args: { b: 2 } }),
    templated: { code: 'return 1;', args: '{{ input }}', max_memory: '{{ variables.memory }}' },
    bad: { config: { runtime: 'python', code: 'return 1;' }, path: 'runtime' },
    kind: 'done',
    endless: () => ({ code: 'while (true) {}' }),
  },
  set: {
    good: () => ({ values: { a: 1, b: [2] } }),
    templated: { values: '{{ input }}' },
    bad: { config: { values: 5 }, path: 'values' },
    kind: 'done',
    endless: null,
  },
  slack: {
    good: (url) => ({ webhook_url: `${url}/hook`, text: 'Hello' }),
    templated: { token: '{{ secrets.slack }}', channel: '{{ input.channel }}', blocks: '{{ input.blocks }}' },
    bad: { config: { token: 't', text: 'Hello' }, path: 'channel' },
    kind: 'done',
    endless: (url) => ({ webhook_url: `${url}/never`, text: 'Hello' }),
  },
  stop: {
    good: () => ({ output: { found: false } }),
    templated: { output: '{{ steps.find.output }}' },
    bad: { config: { outputs: 1 }, path: 'outputs' },
    kind: 'stop',
    endless: null,
  },
  subworkflow: {
    good: () => ({ workflow: 'settle-invoice', input: { id: 7 } }),
    templated: { workflow: '{{ variables.workflow }}', version: '{{ input.version }}', wait: '{{ input.wait }}' },
    bad: { config: { workflow: 'settle-invoice', version: 0 }, path: 'version' },
    kind: 'suspend',
    endless: null,
  },
  switch: {
    good: () => ({ value: 'b', cases: [{ equals: 'a' }, { equals: 'b', steps: [] }], default: [] }),
    templated: { value: '{{ input.kind }}', cases: [{ equals: '{{ variables.kind }}' }, { when: 'input.b > 1' }] },
    bad: { config: { value: 1, cases: [{ equals: 1, when: 'true' }] }, path: 'cases[0].when' },
    kind: 'enter',
    endless: null,
  },
  transform: {
    good: () => ({ expression: [1, 2] }),
    templated: { expression: 'input.items.map(i, i.name)' },
    bad: { config: { values: {}, expression: '1' }, path: 'expression' },
    kind: 'done',
    endless: null,
  },
  llm: {
    good: (url) => ({ provider: 'openai_compatible', base_url: `${url}/chat`, model: 'm', prompt: 'Hello' }),
    templated: { connection: 'models', model: '{{ variables.model }}', prompt: 'Sum up {{ input.text }}' },
    bad: { config: { model: 'm', prompt: 'x', response_schema: { type: 'nothing' } }, path: 'response_schema' },
    kind: 'done',
    endless: (url) => ({ provider: 'openai_compatible', base_url: `${url}/never`, model: 'm', prompt: 'Hello' }),
  },
  mcp: {
    good: () => ({ server: 'tools', tool: 'echo', arguments: { message: 'hello' } }),
    templated: { server: '{{ variables.server }}', tool: 'echo', arguments: '{{ input }}' },
    bad: { config: { server: 'tools', operation: 'read_resource' }, path: 'uri' },
    kind: 'done',
    endless: () => ({
      server: 'tools',
      tool: 'trigger-long-running-operation',
      arguments: { duration: 600, steps: 2 },
    }),
  },
  wait_for_event: {
    good: () => ({ event: 'order.*', match: 'event.data.order == input.order', lookback: '5m', timeout: '1d' }),
    templated: { event: 'order.{{ input.what }}', match: '{{ event.data.order == input.order }}' },
    bad: { config: { callback: true, match: 'true' }, path: 'match' },
    kind: 'suspend',
    endless: null,
  },
  wait: {
    good: () => ({ duration: '1h' }),
    templated: { until: '{{ input.at }}' },
    bad: { config: { until: 'tomorrow' }, path: 'until' },
    kind: 'wait',
    endless: null,
  },
  webhook: {
    good: (url) => ({ url: `${url}/hook`, payload: { a: 1 }, secret: 'whsec_c2VjcmV0IG9mIHRoZSB0ZXN0cw==' }),
    templated: { url: '{{ variables.url }}', payload: '{{ input }}', secret: '{{ secrets.hook }}' },
    bad: { config: { url: 'https://example.com', payload: 1, secret: '' }, path: 'secret' },
    kind: 'done',
    endless: (url) => ({ url: `${url}/never`, payload: 1, secret: 'secret' }),
  },
};
