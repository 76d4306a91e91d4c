/** What is changed in a file to take a guard away. */
export interface Edits {
  readonly file: string;
  /** Each stands exactly once in the file. */
  readonly edits: readonly (readonly [text: string, instead: string])[];
}

/** A guard taken away, and the test that must go red by it. */
export interface Mutation extends Edits {
  readonly guard: string;
  /** Of product.md; 0: another rule of the product. */
  readonly promise: number;
  /** The guard behind it, which would make good what the first lets pass. */
  readonly also?: Edits;
  readonly red: RedTest;
}

export type RedTest =
  | { readonly spec: string; readonly name: string }
  /** A run of `npm run faults` with the queue in PostgreSQL. */
  | { readonly fault: string; readonly cycles: number };

const RECOVERY = 'test/engine/recovery.spec.ts';
const TIMERS = 'test/common/timers.spec.ts';
const CLOCK = 'test/engine/wrong-clock.spec.ts';
const STALE = 'test/engine/stale-owner.spec.ts';
const CHECKPOINT = 'src/engine/run/checkpoint.statement.ts';
const CLAIM = 'src/engine/run/claim.statement.ts';
const ACCEPT = 'src/engine/start/accept.statement.ts';

export const MUTATIONS: readonly Mutation[] = [
  {
    guard: 'a transaction is over only when its COMMIT has been answered',
    promise: 1,
    file: 'src/common/database/database.ts',
    edits: [["await client.query('COMMIT');", "setTimeout(() => void client.query('COMMIT').catch(onError), 200);"]],
    red: { spec: 'test/common/group-commit.spec.ts', name: 'resolves only when another connection can see the row' },
  },
  {
    guard: 'the unique occurrence key decides who is a duplicate',
    promise: 2,
    file: ACCEPT,
    edits: [
      ['if (holder !== undefined && !isOwn(row, holder)) duplicates.set(row, holder);', 'void [isOwn, row, holder];'],
    ],
    red: { spec: 'test/engine/flow.spec.ts', name: 'gives one execution for one Idempotency-Key, and says so' },
  },
  {
    guard: 'the cursor of a trigger moves in the transaction that records its occurrence',
    promise: 2,
    file: 'src/common/timers/timer-loop.ts',
    edits: [
      [
        'return await this.handleRows(client, rows);',
        "await client.query('COMMIT; BEGIN');\n        return await this.handleRows(client, rows);",
      ],
    ],
    red: {
      spec: TIMERS,
      name: 'commits the follow-up with the removal or not at all, and keeps a timer whose handler fails alone',
    },
  },
  {
    guard: 'a trigger whose process dies in its tick goes on where it was',
    promise: 2,
    file: 'src/common/timers/timer-loop.ts',
    edits: [
      [
        'return await this.handleRows(client, rows);',
        "await client.query('COMMIT; BEGIN');\n        return await this.handleRows(client, rows);",
      ],
    ],
    also: {
      file: 'src/triggers/trigger-watch.ts',
      edits: [['for (const id of lost) await this.armAgain(id);', 'void [lost, this.armAgain];']],
    },
    red: { fault: 'kill_in_cron_tick', cycles: 1 },
  },
  {
    guard: 'a timer is removed in the transaction of its follow-up',
    promise: 2,
    file: 'src/common/timers/timer-loop.ts',
    edits: [
      [
        'return await this.handleRows(client, (await client.query<DueRow>(CLAIM_ONE, [id])).rows);',
        "const claimed = (await client.query<DueRow>(CLAIM_ONE, [id])).rows;\n          await client.query('COMMIT; BEGIN');\n          return await this.handleRows(client, claimed);",
      ],
    ],
    red: {
      spec: 'test/common/timers.spec.ts',
      name: 'commits the follow-up with the removal or not at all, and keeps a timer whose handler fails alone',
    },
  },
  {
    guard: 'a checkpoint is committed before what depends on it starts',
    promise: 3,
    file: 'src/engine/run/execution-run.ts',
    edits: [
      [
        "if ((this.book.hasChanges || this.log.hasLines) && (await this.record(null)) === 'lost') break;",
        'if (this.book.hasChanges || this.log.hasLines) void this.record(null);',
      ],
    ],
    red: {
      spec: 'test/engine/checkpoint-order.spec.ts',
      name: 'nothing that depends on a step starts before the checkpoint of that step is committed',
    },
  },
  {
    guard: 'the next owner takes over what earlier ones have recorded',
    promise: 3,
    file: CLAIM,
    edits: [['claimed.filter((row) => row.epoch > 1)', 'claimed.filter((row) => row.epoch > 1_000)']],
    red: { spec: RECOVERY, name: 'goes on where it was: finished steps stay, the cut-off one runs again with its key' },
  },
  {
    guard: 'the idempotency key is the same for every attempt',
    promise: 4,
    file: 'src/engine/run/step-contexts.ts',
    edits: [
      ['idempotencyKey: `${claimed.id}:${path}`', 'idempotencyKey: `${claimed.id}:${path}:${record.fields.attempt}`'],
    ],
    red: { spec: RECOVERY, name: 'goes on where it was: finished steps stay, the cut-off one runs again with its key' },
  },
  {
    guard: 'a step that must not be repeated is not (on_interrupt: fail)',
    promise: 4,
    file: 'src/engine/run/step-outcomes.ts',
    edits: [
      [
        "step.effect === 'once' && step.onInterrupt === 'fail'",
        "step.effect === 'once' && step.onInterrupt === 'never'",
      ],
    ],
    red: { spec: RECOVERY, name: 'fails with on_interrupt: fail instead of repeating a step with effects' },
  },
  {
    guard: 'a step that took its process down three times is quarantined',
    promise: 4,
    file: 'src/engine/run/step-outcomes.ts',
    edits: [['const MAX_INTERRUPTIONS = 3;', 'const MAX_INTERRUPTIONS = 3_000;']],
    red: { spec: RECOVERY, name: 'is not tried again when a step took its process down three times' },
  },
  {
    guard: 'only a worker with room takes an execution past the queue',
    promise: 0,
    file: 'src/engine/run/direct-starts.ts',
    edits: [['return this.holds.count + 1 < this.slots.most;', 'return true;']],
    red: {
      spec: 'test/engine/direct-starts.spec.ts',
      name: 'goes by the queue while its worker has no room, and is taken when there is',
    },
  },
  {
    guard: 'the reconciler puts back what the queue has forgotten',
    promise: 5,
    file: 'src/engine/maintenance/reconciler.ts',
    edits: [
      [
        'await this.queue.addNow(rows.map((row) => toJob(row, Math.floor(Number(row.age_ms) / STUCK_MS))));',
        'void [toJob, STUCK_MS];',
      ],
    ],
    red: { spec: RECOVERY, name: 'puts back what the queue has forgotten' },
  },
  {
    guard: 'a checkpoint names the epoch of its owner',
    promise: 6,
    file: CHECKPOINT,
    edits: [['ON e.id = i.id AND e.epoch = i.epoch\nWHERE', 'ON e.id = i.id\nWHERE']],
    red: { spec: STALE, name: 'records no step and starts no further one' },
  },
  {
    guard: 'the end of an execution names the epoch of its owner',
    promise: 6,
    file: CHECKPOINT,
    edits: [
      [
        "e.epoch = i.epoch AND e.status = 'running'\nRETURNING e.id, e.workflow_id, e.trigger_type",
        "e.status = 'running'\nRETURNING e.id, e.workflow_id, e.trigger_type",
      ],
    ],
    red: { spec: STALE, name: 'cannot end the execution' },
  },
  {
    guard: 'only what is queued can be claimed',
    promise: 6,
    file: CLAIM,
    edits: [["(status = 'queued' OR (status = 'running' AND owner = $2))", '(is_open OR owner = $2)']],
    red: { spec: STALE, name: 'cannot be claimed, whatever the queue hands out' },
  },
  {
    guard: 'a transaction that stands still is ended before the lease of its replica is over',
    promise: 6,
    file: 'src/common/database/pool.ts',
    edits: [['    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,\n', '']],
    red: {
      spec: 'test/common/pool.spec.ts',
      name: 'a transaction of a process that stands still gives back what it locks before its lease is over',
    },
  },
  {
    guard: 'what starts nothing is kept with its reason',
    promise: 7,
    file: ACCEPT,
    edits: [['if (occurrences.length > 0) {', 'if (occurrences.length > 1_000) {']],
    red: { spec: 'test/triggers/triggers.spec.ts', name: 'while paused records its instants as skipped' },
  },
  {
    guard: 'outgoing calls reach public addresses only',
    promise: 8,
    file: 'src/common/http/address-guard.ts',
    edits: [
      [
        "return address.range() === 'unicast' || this.allowed.holds(address);",
        'return true || this.allowed.holds(address);',
      ],
    ],
    red: {
      spec: 'src/common/http/address-guard.spec.ts',
      name: 'lets pass what the operator allows, in any spelling, and no more',
    },
  },
  {
    guard: 'a confirmation token is good for one use',
    promise: 0,
    file: 'src/triggers/manual/confirmations.repository.ts',
    edits: [['WHERE token_hash = $1 AND used_at IS NULL', 'WHERE token_hash = $1']],
    red: { spec: 'test/triggers/triggers.spec.ts', name: 'with a confirmation starts at the second call, once' },
  },
  {
    guard: 'without its place under a concurrency rule nothing is claimed',
    promise: 0,
    file: CLAIM,
    edits: [['AND (concurrency_key IS NULL OR has_place)', 'AND (concurrency_key IS NULL OR true)']],
    red: {
      spec: 'test/engine/concurrency.spec.ts',
      name: 'nobody claims an execution without a place, whatever the queue hands out',
    },
  },
  {
    guard: 'places of a key are given one after the other',
    promise: 0,
    file: 'src/engine/concurrency/admission.ts',
    edits: [
      [
        "const admission = refused === null ? 'waits' : count < place.limit ? 'given' : refused;",
        "const admission = refused === null ? 'waits' : count < place.limit + 1 ? 'given' : refused;",
      ],
    ],
    red: {
      spec: 'test/engine/concurrency.spec.ts',
      name: 'lets one of many that come at once through, on two replicas',
    },
  },
  {
    guard: 'what has ended otherwise cannot be cancelled',
    promise: 0,
    file: 'src/engine/control/cancel.service.ts',
    edits: [
      [
        "if (!isOpen(held.status)) throw new ExecutionStateError(id, held.status, 'cancelled');",
        'void [isOpen, ExecutionStateError];',
      ],
    ],
    red: { spec: 'test/engine/attempts.spec.ts', name: 'of a cancelled one changes nothing, of an ended one is 409' },
  },
  {
    guard: "a wait counts from the database's time",
    promise: 0,
    file: 'src/nodes/types/wait/wait.node.ts',
    edits: [['const now = read();', 'void read;\n    const now = Date.now();']],
    red: { spec: 'src/nodes/types/wait/wait.node.spec.ts', name: 'ends at' },
  },
  {
    guard: "a wait for people counts from the database's time",
    promise: 0,
    file: 'src/nodes/types/approval/approval.node.ts',
    edits: [['new Date(ctx.now() + duration)', 'new Date(Date.now() + duration)']],
    red: { spec: CLOCK, name: 'lets no approval wait longer than it should, and tells people at once' },
  },
  {
    guard: "a wait for an event counts from the database's time",
    promise: 0,
    file: 'src/nodes/types/wait_for_event/wait-for-event.node.ts',
    edits: [['new Date(ctx.now() + timeout)', 'new Date(Date.now() + timeout)']],
    red: { spec: CLOCK, name: 'ends a wait for an event in time, and delivers an event at once' },
  },
  {
    guard: "the delay of a timer counts from the database's time",
    promise: 0,
    file: 'src/common/timers/pg-timers.ts',
    edits: [
      [
        'timers.map(({ dueAt }) => (dueAt instanceof Date ? dueAt : null)),',
        'timers.map(({ dueAt }) => (dueAt instanceof Date ? dueAt : new Date(Date.now() + dueAt.afterMs))),',
      ],
    ],
    red: { spec: CLOCK, name: 'gathers events for as long as the trigger says' },
  },
  {
    guard: "a schedule is armed by the database's time",
    promise: 2,
    file: 'src/triggers/trigger-arming.ts',
    edits: [['const now = await databaseTime(client);', 'void databaseTime;\n    const now = this.clock.date();']],
    red: { spec: CLOCK, name: 'arms a schedule for its next instant, not for one in an hour' },
  },
  {
    guard: 'a process that ends does not wait for a database that is away',
    promise: 0,
    file: 'src/common/database/flush-lane.ts',
    edits: [['this.isPatient = false;', 'void this.isPatient;']],
    red: {
      spec: 'test/common/group-commit.spec.ts',
      name: 'keeps no row for a database that is away, once the process ends',
    },
  },
  {
    guard: 'a start gives up only after a try that this process itself has not held up',
    promise: 0,
    file: 'src/common/database/prepare.ts',
    edits: [['began > deadline) throw', 'Date.now() > deadline + 0 * began) throw']],
    red: {
      spec: 'test/common/prepare.spec.ts',
      name: 'tries once more after its patience: the first try may have run out of the time that this process took itself',
    },
  },
  {
    guard: 'a full disk is a database that is away, not an answer',
    promise: 0,
    file: 'src/common/database/pg-errors.ts',
    edits: [["new Set(['53100', ", 'new Set([']],
    red: {
      spec: 'src/common/database/pg-errors.spec.ts',
      name: 'is how a full disk counts: the same statement works when there is room again',
    },
  },
];

/** test/faults/mutations.md. */
export function mutationsTable(): string {
  const rows = MUTATIONS.map(({ guard, promise, file, edits, also, red }) => {
    const removed = [...edits, ...(also?.edits ?? [])].map(([text]) => `\`${firstLine(text)}\``).join(', ');
    const files = [file, ...(also === undefined ? [] : [also.file])].map((name) => `\`${name}\``).join(', ');
    const test = 'spec' in red ? `\`${red.spec}\`: ${red.name}` : `\`npm run faults -- --fault ${red.fault}\``;
    return `| ${guard} | ${promise === 0 ? '' : promise} | ${files} | ${removed} | ${test} |`;
  });
  return `# Mutations

Each guard below is taken out of a copy of the sources, and the test beside it must go red: \`npm run mutations\` does it and
says which did. Written by \`npm run mutations -- --write\` from \`mutations.ts\`; a test keeps the two alike, and every patch
applicable.

| guard | promise | file | what is removed or changed | the test that goes red |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replaceAll('|', '\\|');
}
