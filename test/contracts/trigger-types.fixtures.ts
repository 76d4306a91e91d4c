/** Of each trigger type: configs that are right and configs that are not. A type without an entry fails the suite. */
export const TRIGGER_FIXTURES: Readonly<
  Record<string, { health?: readonly string[]; right: Record<string, unknown>[]; wrong: Record<string, unknown>[] }>
> = {
  cron: {
    right: [
      { cron: '0 2 * * *' },
      { cron: 'H H(0-7) * * MON-FRI', timezone: 'Europe/Berlin', jitter: '5m', exclude: ['* * 25 12 *'] },
      { interval: '90s', misfire: 'skip', overlap: 'skip' },
      { cron: '@daily', overlap: 'cancel_other' },
    ],
    wrong: [
      {},
      { cron: '0 2 * * *', interval: '90s' },
      { cron: '0 0 30 2 *' },
      { cron: '0 2 * * *', timezone: 'Mars/Olympus' },
      { interval: '10ms' },
      { cron: '@daily', overlap: 'later' },
      { cron: '@daily', misfire_grace: 'soon' },
    ],
  },
  event: {
    right: [
      { types: ['order.*'], source: '/shop' },
      { types: ['a'], debounce: '10s' },
      { types: ['millrace.execution.failed'], batch: { max: 10, within: '1m' } },
    ],
    wrong: [
      {},
      { types: [] },
      { types: ['a'], debounce: 'soon' },
      { types: ['a'], batch: { max: 0, within: '1m' } },
      { types: ['a'], batch: { max: 5 } },
      { types: ['a'], debounce: '1s', batch: { max: 5, within: '1m' } },
    ],
  },
  condition: {
    // Nobody answers where some of these look; that shows when they have looked.
    health: ['healthy', 'unhealthy'],
    right: [
      { expression: 'metrics.failed > 5', metrics: true },
      { expression: '{{ metrics.queued_executions > 100 }}', metrics: { window: '15m' }, for: '5m', cooldown: '1h' },
      {
        expression: 'http.status_code == 200 && http.body.stock < 10',
        http: { url: 'http://127.0.0.1:1/stock', headers: { authorization: 'Bearer {{ secrets.stock_token }}' } },
        interval: '30s',
        mode: 'level',
      },
      { expression: 'sql.row_count > 0', sql: { connection: 'shop', query: 'SELECT 1 WHERE $1', params: [true] } },
    ],
    wrong: [
      {},
      { expression: 'true' },
      { expression: 'metrics.failed >', metrics: true },
      { expression: 'http.body > 1', metrics: true },
      { expression: 'steps.a.output', metrics: true },
      { expression: 'metrics.failed > 1', metrics: { window: 'long' } },
      { expression: 'http.body == 1', http: { url: 'ftp://example.com' } },
      { expression: 'http.body == 1', http: { url: 'https://example.com/{{ input.x }}' } },
      { expression: 'http.body == 1', http: { url: 'https://example.com', method: 'DELETE' } },
      { expression: 'sql.row_count > 0', sql: { query: 'SELECT 1' } },
      { expression: 'metrics.failed > 1', metrics: true, interval: '10ms' },
      { expression: 'metrics.failed > 1', metrics: true, mode: 'both' },
    ],
  },
  manual: { right: [{}, { require_confirmation: true }], wrong: [{ require_confirmation: 'yes' }] },
  email: {
    // The suite has no mailbox: the trigger is armed, and its health says what is missing.
    health: ['unhealthy'],
    right: [
      {},
      {
        from: '*@example.com',
        subject: ['order', '/^re: /i'],
        header: { 'X-Kind': 'a' },
        start: { since: '2026-01-01' },
      },
      { folder: 'Orders', has_attachment: true, max_size: 1000, move_to: 'Done', attachments: { max_count: 1 } },
    ],
    wrong: [
      { start: 'later' },
      { start: { since: 'soon' } },
      { subject: '/(/' },
      { header: { 'X-Kind': 1 } },
      { delete: true, move_to: 'Done' },
      { flag: 'two words' },
      { min_size: -1 },
    ],
  },
  github: {
    // The suite has no App: the trigger is armed, and its health says what is missing.
    health: ['degraded'],
    right: [
      {},
      { events: ['push'], branches: ['main', '!old'], paths: ['src/**'], context: { files: ['README.md'] } },
      {
        branches: { base: ['main'], head: ['!wip/**'] },
        authors_ignore: ['dependabot[bot]'],
        skip_message: ['[skip ci]'],
      },
    ],
    wrong: [
      { events: 'push' },
      { ignore_bots: 'yes' },
      { context: { files: 'README.md' } },
      { context: { files: ['../secret'] } },
      { branches: ['[z-a]'] },
      { branches: { base: ['[z-a]'] } },
      { branches: { trunk: ['main'] } },
      { branches: 'main' },
      { skip_message: 5 },
    ],
  },
  webhook: {
    right: [
      {},
      { path: '/webhook/orders/:id', methods: ['POST', 'PUT'], allowed_ips: ['10.0.0.0/8', '::1'] },
      { path: '/orders', response: 'respond', timeout: 1 },
      { auth: { type: 'jwt', jwks_url: 'https://issuer.example/keys' }, response: 'wait', timeout: '5s' },
    ],
    wrong: [
      { path: '/a/*' },
      { method: 'FETCH' },
      { method: 'GET', methods: ['POST'] },
      { auth: { type: 'hmac' } },
      { allowed_ips: ['10.0.0.0/33'] },
      { max_body: 16 * 1024 * 1024 + 1 },
      { response: 'later' },
    ],
  },
};
