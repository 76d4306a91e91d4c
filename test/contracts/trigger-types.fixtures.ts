/** Of each trigger type: configs that are right, and configs that are not, with the place of their fault. A type without an entry fails the suite. */
export const TRIGGER_FIXTURES: Readonly<
  Record<
    string,
    {
      health?: readonly string[];
      right: Record<string, unknown>[];
      wrong: (readonly [config: Record<string, unknown>, path: string])[];
    }
  >
> = {
  cron: {
    right: [
      { cron: '0 2 * * *' },
      { cron: 'H H(0-7) * * MON-FRI', timezone: 'Europe/Berlin', jitter: '5m', exclude: ['* * 25 12 *'] },
      { interval: '90s', misfire: 'skip', overlap: 'skip', exclude: ['* 0-5 * * *'], timezone: 'Asia/Tokyo' },
      { cron: '@daily', overlap: 'cancel_other' },
    ],
    wrong: [
      [{}, ''],
      [{ cron: '0 2 * * *', interval: '90s' }, ''],
      [{ cron: '0 0 30 2 *' }, 'cron'],
      [{ cron: '61 * * * *' }, 'cron'],
      [{ cron: 'H/90 * * * *' }, 'cron'],
      [{ cron: '@reboot' }, 'cron'],
      [{ cron: '0 2 * * *', timezone: 'Mars/Olympus' }, 'timezone'],
      [{ interval: '90s', timezone: 'Mars/Olympus' }, 'timezone'],
      [{ interval: '10ms' }, 'interval'],
      [{ interval: 'often' }, 'interval'],
      [{ cron: '@daily', jitter: 'some' }, 'jitter'],
      [{ cron: '@daily', exclude: ['0 9 * * *', 'holidays'] }, 'exclude[1]'],
      [{ interval: '90s', exclude: ['holidays'] }, 'exclude[0]'],
      [{ interval: '90s', exclude: ['* * * * *'] }, 'exclude'],
      [{ cron: '@daily', overlap: 'later' }, 'overlap'],
      [{ cron: '@daily', misfire: 'later' }, 'misfire'],
      [{ cron: '@daily', misfire_grace: 'soon' }, 'misfire_grace'],
      [{ cron: '@daily', max_catch_up: 0 }, 'max_catch_up'],
    ],
  },
  event: {
    right: [
      { types: ['order.*'], source: '/shop' },
      { types: ['a'], debounce: '10s' },
      { types: ['millrace.execution.failed'], batch: { max: 10, within: '1m' } },
    ],
    wrong: [
      [{}, 'types'],
      [{ types: [] }, 'types'],
      [{ types: 'a' }, 'types'],
      [{ types: ['a'], source: 5 }, 'source'],
      [{ types: ['a'], debounce: 'soon' }, 'debounce'],
      [{ types: ['a'], batch: { max: 0, within: '1m' } }, 'batch.max'],
      [{ types: ['a'], batch: { max: 5 } }, 'batch.within'],
      [{ types: ['a'], debounce: '1s', batch: { max: 5, within: '1m' } }, 'batch'],
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
      [{}, 'expression'],
      [{ expression: 'true' }, ''],
      [{ expression: 'metrics.failed >', metrics: true }, 'expression'],
      [{ expression: 'http.body > 1', metrics: true }, 'expression'],
      [{ expression: 'size(metrics)', metrics: true }, 'expression'],
      [{ expression: 'steps.a.output', metrics: true }, 'expression'],
      [{ expression: 'metrics.failed > 1', metrics: { window: 'long' } }, 'metrics'],
      [{ expression: 'http.body == 1', http: { url: 'ftp://example.com' } }, 'http.url'],
      [{ expression: 'http.body == 1', http: { url: 'https://example.com/{{ input.x }}' } }, 'http.url'],
      [{ expression: 'http.body == 1', http: { url: 'https://example.com', method: 'DELETE' } }, 'http.method'],
      [{ expression: 'http.body == 1', http: { url: 'https://example.com', timeout: 'long' } }, 'http.timeout'],
      [{ expression: 'sql.row_count > 0', sql: { query: 'SELECT 1' } }, 'sql.connection'],
      [{ expression: 'sql.row_count > 0', sql: { connection: 'shop' } }, 'sql.query'],
      [{ expression: 'metrics.failed > 1', metrics: true, interval: '10ms' }, 'interval'],
      [{ expression: 'metrics.failed > 1', metrics: true, mode: 'both' }, 'mode'],
      [{ expression: 'metrics.failed > 1', metrics: true, for: 'ever' }, 'for'],
      [{ expression: 'metrics.failed > 1', metrics: true, cooldown: 'long' }, 'cooldown'],
    ],
  },
  manual: {
    right: [{}, { require_confirmation: true }],
    wrong: [[{ require_confirmation: 'yes' }, 'require_confirmation']],
  },
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
      { start: 'since: 2026-01-01T08:00:00Z' },
      { folder: 'Orders', has_attachment: true, max_size: 1000, move_to: 'Done', attachments: { max_count: 1 } },
    ],
    wrong: [
      [{ start: 'later' }, 'start'],
      [{ start: { since: 'soon' } }, 'start'],
      [{ start: 'since: soon' }, 'start'],
      [{ subject: '/(/' }, 'subject'],
      [{ body: '/(?=a)b/' }, 'body'],
      [{ from: 5 }, 'from'],
      [{ header: { 'X-Kind': 1 } }, 'header.X-Kind'],
      [{ delete: true, move_to: 'Done' }, 'delete'],
      [{ flag: 'two words' }, 'flag'],
      [{ min_size: -1 }, 'min_size'],
      [{ min_size: 10, max_size: 5 }, 'min_size'],
      [{ attachments: { max_count: 1000 } }, 'attachments.max_count'],
      [{ attachments: { types: ['image/*', '[z-a]'] } }, 'attachments.types[1]'],
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
      [{ events: 'push' }, 'events'],
      [{ ignore_bots: 'yes' }, 'ignore_bots'],
      [{ context: { files: 'README.md' } }, 'context.files'],
      [{ context: { files: ['../secret'] } }, 'context.files[0]'],
      [{ branches: ['[z-a]'] }, 'branches[0]'],
      [{ branches: { base: ['[z-a]'] } }, 'branches.base[0]'],
      [{ branches: { trunk: ['main'] } }, 'branches'],
      [{ branches: 'main' }, 'branches'],
      [{ paths: ['[z-a]'] }, 'paths[0]'],
      [{ draft: 'yes' }, 'draft'],
      [{ skip_message: 5 }, 'skip_message'],
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
      [{ path: '/a/*' }, 'path'],
      [{ path: '/:a/:a' }, 'path'],
      [{ method: 'FETCH' }, 'method'],
      [{ methods: [] }, 'methods'],
      [{ method: 'GET', methods: ['POST'] }, 'method'],
      [{ auth: { type: 'oath' } }, 'auth.type'],
      [{ auth: { secret: '{{ secrets.hook }}' } }, 'auth.type'],
      [{ auth: { type: 'basic', username: 'ann' } }, 'auth.password'],
      [{ auth: { type: 'bearer', token: '{{ env.TOKEN }}' } }, 'auth.token'],
      [{ auth: { type: 'github', secrets: ['{{ secrets.a }}', '{{ secrets.b'] } }, 'auth.secrets[1]'],
      [{ auth: { type: 'header', header: 'X Proof', value: 'a' } }, 'auth.header'],
      [{ auth: { type: 'jwt' } }, 'auth.secret'],
      [{ auth: { type: 'jwt', jwks_url: 'ftp://issuer.example/keys' } }, 'auth.jwks_url'],
      [{ auth: { type: 'jwt', jwks_url: 'https://issuer.example/keys', algorithms: ['HS256'] } }, 'auth.algorithms[0]'],
      [{ auth: { type: 'jwt', secret: 'a', algorithms: ['HS256', 'none'] } }, 'auth.algorithms[1]'],
      [{ auth: { type: 'hmac', header: 'X-Sig' } }, 'auth.secret'],
      [{ auth: { type: 'hmac', secret: 'a' } }, 'auth.header'],
      [{ auth: { type: 'hmac', secret: 'a', header: 'X-Sig', template: '{id}' } }, 'auth.template'],
      [
        { auth: { type: 'hmac', secret: 'a', header: 'X-Sig', template: '{timestamp}.{body}' } },
        'auth.timestamp_header',
      ],
      [
        { auth: { type: 'hmac', secret: 'a', header: 'X-Sig', timestamp_header: 'X-Time', template: '{body}' } },
        'auth.template',
      ],
      [{ auth: { type: 'stripe', secret: 'a', tolerance: 'long' } }, 'auth.tolerance'],
      [{ allowed_ips: ['10.0.0.0/8', '10.0.0.0/33'] }, 'allowed_ips[1]'],
      [{ max_body: 0 }, 'max_body'],
      [{ max_body: 16 * 1024 * 1024 + 1 }, 'max_body'],
      [{ response: 'later' }, 'response'],
      [{ response: 'wait', timeout: 'long' }, 'timeout'],
    ],
  },
};
