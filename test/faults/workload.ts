/** A workflow of the load, and what the checker knows of it. */
export interface LoadedWorkflow {
  readonly name: string;
  /** Its share of the load; 0: the load does not start it. */
  readonly weight: number;
  readonly yaml: string;
  /** Which calls must all have come before the first of another: [earlier, later], step ids of the plan. */
  readonly order: readonly (readonly [string, string])[];
  /** Step paths that a completed execution has called at least once. */
  readonly calls: readonly string[];
  /** Needs child executions. */
  readonly isFamily?: boolean;
  /** Needs a mailbox. */
  readonly isMail?: boolean;
}

const call = (ledger: string, id: string, more = '', path = id, method = 'POST', url = id): string =>
  `{id: ${id}, type: http, config: {method: ${method}, url: "${ledger}/${url}", timeout: 60s, ` +
  `body: {execution: "{{ execution.id }}", path: "${path}", attempt: "{{ execution.attempt }}"}}${more}}`;

const flaky = (ledger: string, id: string, delay: string): string => {
  const retry = `, retry_policy: {max_attempts: 8, initial_delay: ${delay}, max_delay: 6s, jitter: 0.1}`;
  return call(ledger, id, retry, id, 'PUT', `flaky/${id}`);
};

const chain = (...ids: string[]): [string, string][] => ids.slice(1).map((id, n) => [ids[n] as string, id]);

function webhook(name: string): string {
  return `triggers: [{type: webhook, config: {path: /${name}}}]`;
}

/** Chains with effects, retries, waits, joins and loops; a cron that must not miss a second, and a mailbox. */
export function workload(ledger: string): LoadedWorkflow[] {
  return [
    {
      name: 'chain',
      weight: 5,
      yaml: `
name: chain
steps:
  - {id: before, type: set, config: {values: {n: "{{ input.n }}"}}}
  - ${call(ledger, 'first')}
  - ${call(ledger, 'second')}
  - {id: after, type: set, config: {values: {n: "{{ input.n }}"}}}
${webhook('chain')}`,
      order: chain('first', 'second'),
      calls: ['first', 'second'],
    },
    {
      name: 'mixed',
      weight: 3,
      yaml: `
name: mixed
steps:
  - ${call(ledger, 'first')}
  - ${flaky(ledger, 'retried', '200ms')}
  - {id: rest, type: wait, config: {duration: 300ms}}
  - ${call(ledger, 'left', ', depends_on: [rest]')}
  - ${call(ledger, 'right', ', depends_on: [rest]')}
  - ${call(ledger, 'join', ', depends_on: [left, right]')}
  - id: each
    type: loop
    config:
      times: 3
      max_concurrency: 2
      steps: [${call(ledger, 'call', '', 'each[{{ index }}].call')}]
  - ${call(ledger, 'last')}
${webhook('mixed')}`,
      order: [...chain('first', 'retried', 'left', 'join', 'each', 'last'), ['retried', 'right'], ['right', 'join']],
      calls: ['first', 'retried', 'left', 'right', 'join', 'each[0].call', 'each[1].call', 'each[2].call', 'last'],
    },
    {
      name: 'slow',
      weight: 1,
      yaml: `
name: slow
steps:
  - ${call(ledger, 'first')}
  - ${flaky(ledger, 'retried', '5500ms')}
  - {id: rest, type: wait, config: {duration: 2s}}
  - ${call(ledger, 'last')}
${webhook('slow')}`,
      order: chain('first', 'retried', 'last'),
      calls: ['first', 'retried', 'last'],
    },
    {
      name: 'tick',
      weight: 0,
      yaml: `
name: tick
steps:
  - ${call(ledger, 'tick')}
triggers: [{type: cron, config: {cron: "* * * * * *", misfire: fire_all, max_catch_up: 1000}}]`,
      order: [],
      calls: ['tick'],
    },
    {
      name: 'mail',
      weight: 0,
      isMail: true,
      yaml: `
name: mail
steps:
  - ${call(ledger, 'mailed')}
triggers: [{type: email, config: {move_to: Done}, input: {n: "{{ trigger.payload.subject }}"}}]`,
      order: [],
      calls: ['mailed'],
    },
    {
      name: 'poison',
      weight: 0,
      yaml: `
name: poison
steps:
  - ${call(ledger, 'before')}
  - ${call(ledger, 'poison')}
${webhook('poison')}`,
      order: chain('before', 'poison'),
      calls: ['before', 'poison'],
    },
    {
      name: 'child',
      weight: 0,
      isFamily: true,
      yaml: `
name: child
steps:
  - ${call(ledger, 'born')}
  - ${call(ledger, 'grown')}`,
      order: chain('born', 'grown'),
      calls: ['born', 'grown'],
    },
    {
      name: 'family',
      weight: 2,
      isFamily: true,
      yaml: `
name: family
steps:
  - ${call(ledger, 'first')}
  - {id: child, type: subworkflow, config: {workflow: child, input: {n: "{{ input.n }}"}}}
  - ${call(ledger, 'last')}
${webhook('family')}`,
      order: chain('first', 'last'),
      calls: ['first', 'last'],
    },
  ];
}
