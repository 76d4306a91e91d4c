import { join } from 'node:path';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/server.js';
import { DatabaseLink } from './database-link.js';
import { Ledger } from './ledger.js';
import { Load } from './load.js';
import { Mails } from './mails.js';
import { PostgresServer } from './postgres-server.js';
import type { Random } from './random.js';
import { RedisServer } from './redis-server.js';
import { Replica } from './replica.js';
import { workload, type LoadedWorkflow } from './workload.js';

export type BackendName = 'redis' | 'postgres';

/** How long ago the last second may have fired, at the end. */
const CRON_SILENCE_S = 3;

const READY_LIMIT_MS = 180_000;

/** Connections of each replica: the last has hardly any. */
const POOL_SIZES = ['20', '20', '3'];

/** Everything that runs: three replicas, their PostgreSQL, their Redis, their mailbox, the ledger and the load. */
export class World {
  readonly postgres = new PostgresServer();
  readonly database = new DatabaseLink(this.postgres.url);
  readonly ledger = new Ledger(join(temporaryFolder(), 'ledger.jsonl'));
  readonly replicas: Replica[] = [];
  workflows: readonly LoadedWorkflow[] = [];
  redis: RedisServer | null = null;
  /** null: this machine has no Dovecot. */
  mails: Mails | null = null;
  /**
   * Executions whose owner was stopped while it had them, and when it went on, milliseconds by the machine's clock: what it
   * was just sending arrives then.
   */
  readonly stopped = new Map<string, number>();
  /** Whether this build knows child executions. */
  hasChildren = false;

  private constructor(readonly backend: BackendName) {}

  static async start(backend: BackendName): Promise<World> {
    const world = new World(backend);
    await world.postgres.start();
    await world.ledger.start();
    if (backend === 'redis') world.redis = await RedisServer.start();
    world.mails = await Mails.open();
    await world.startReplicas();
    world.hasChildren = await world.knows('subworkflow');
    world.workflows = workload(world.ledger.url).filter(
      ({ isFamily, isMail }) => (isFamily !== true || world.hasChildren) && (isMail !== true || world.mails !== null),
    );
    for (const workflow of world.workflows) await world.deploy(workflow);
    return world;
  }

  load(random: Random): Load {
    return new Load(this.workflows, this.replicas, random);
  }

  replica(name: string): Replica {
    const found = this.replicas.find((replica) => replica.name === name);
    if (found === undefined) throw new Error(`no replica ${name}`);
    return found;
  }

  /** The replica that runs this execution; null while nobody does. */
  async ownerOf(execution: string): Promise<Replica | null> {
    const [row] = await this.database.query<{ pid: number }>(
      'SELECT r.pid FROM execution e JOIN replica r ON r.id = e.owner WHERE e.id = $1',
      [execution],
    );
    return this.replicas.find((replica) => replica.pid === row?.pid) ?? null;
  }

  /** SIGSTOP, noting what it has in hand. */
  async stopOwner(replica: Replica): Promise<void> {
    replica.signal('SIGSTOP');
    const owned = await this.database.query<{ id: string }>(
      'SELECT e.id FROM execution e JOIN replica r ON r.id = e.owner WHERE e.is_open AND r.pid = $1',
      [replica.pid],
    );
    for (const { id } of owned) this.stopped.set(id, Infinity);
  }

  /** SIGCONT. */
  resumeOwner(replica: Replica): void {
    for (const [id, at] of this.stopped) if (at === Infinity) this.stopped.set(id, Date.now());
    replica.signal('SIGCONT');
  }

  /** Takes from the queue all that it holds. */
  async emptyQueue(): Promise<void> {
    if (this.redis !== null) await this.redis.empty();
    else await this.database.query('DELETE FROM bullmq.job');
  }

  /** How many mails have an execution. */
  mailed(): Promise<number> {
    return this.database.number(`SELECT count(DISTINCT input->>'n') FROM execution WHERE trigger_type = 'email'`);
  }

  ended(): Promise<number> {
    return this.database.number('SELECT count(*) FROM execution WHERE NOT is_open');
  }

  open(): Promise<number> {
    return this.database.number('SELECT count(*) FROM execution WHERE is_open');
  }

  /**
   * Everybody runs, is ready, and has an open road.
   * @param absent how many replicas may still be on their way back.
   */
  async heal(absent = 0): Promise<void> {
    await this.postgres.emptyDisk();
    if (!this.postgres.isRunning()) await this.postgres.start();
    await eventually(async () => {
      // A start that fails is tried again, as whoever watches over processes does.
      for (const replica of this.replicas) if (!replica.isAlive) replica.start().catch(() => undefined);
      const ready = await Promise.all(this.replicas.map((replica) => replica.isReady()));
      const away = this.replicas.filter((_, index) => ready[index] !== true);
      if (away.length > absent)
        throw new Error(away.map((replica) => `${replica.name} does not recover\n${replica.logs()}`).join('\n'));
    }, READY_LIMIT_MS);
  }

  /** Those that answer. */
  async ready(): Promise<readonly Replica[]> {
    const ready = await Promise.all(this.replicas.map((replica) => replica.isReady()));
    return this.replicas.filter((_, index) => ready[index]);
  }

  private async startReplicas(): Promise<void> {
    const registered = new Map<number, string>();
    let install: Promise<void> | null = null;
    const register = async (pid: number, application: string): Promise<void> => {
      if (install === null) return void registered.set(pid, application);
      await install;
      await this.register(pid, application);
    };
    for (const [index, size] of POOL_SIZES.entries()) {
      const env = { DATABASE_POOL_SIZE: size, SHUTDOWN_GRACE: '3s', WORKER_CONCURRENCY: '20', ...this.mails?.env };
      const redisUrl = this.redis?.url;
      const replica = new Replica(`replica-${index + 1}`, { databaseUrl: this.postgres.url, redisUrl, env, register });
      this.replicas.push(replica);
      // One that is stopped in the middle of its work cannot be ended by a signal.
      afterFile(() => replica.signal('SIGCONT'));
      await replica.start();
      if (install === null) {
        // The first has made the tables.
        install = this.database.install(this.backend);
        await install;
        for (const [pid, application] of registered) await this.register(pid, application);
      }
    }
  }

  private async register(pid: number, application: string): Promise<void> {
    await this.database.query(
      'INSERT INTO faults.process VALUES ($1, $2) ON CONFLICT (pid) DO UPDATE SET application = excluded.application',
      [pid, application],
    );
  }

  /** From here on no further second is scheduled. It must not have fallen silent before. */
  async stopCron(): Promise<void> {
    await eventually(async () => {
      // One that has never fired is silent as well.
      const silent = `SELECT coalesce(extract(epoch FROM now() - max(scheduled_for)), 'infinity') FROM occurrence`;
      const seconds = await this.database.number(silent);
      if (seconds > CRON_SILENCE_S) throw new Error(`the cron has not fired for ${seconds} s`);
    });
    const [cron] = await this.database.query<{ id: string }>(
      `SELECT workflow_id AS id FROM trigger WHERE type = 'cron'`,
    );
    const undeployed = await this.replicas[0]?.fetch(`/api/v1/deployment/workflows/${cron?.id}/undeploy`, {
      method: 'DELETE',
    });
    if (undeployed?.ok !== true) throw new Error(`the cron cannot be undeployed: ${await undeployed?.text()}`);
  }

  private async knows(nodeType: string): Promise<boolean> {
    return (await this.replicas[0]?.fetch(`/api/v1/node-types/${nodeType}`))?.status === 200;
  }

  private async deploy({ yaml, name }: LoadedWorkflow): Promise<void> {
    const [replica] = this.replicas;
    if (replica === undefined) throw new Error('no replica');
    const created = await replica.fetch('/api/v1/workflows', {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: yaml,
    });
    const { id } = (await created.json()) as { id: string };
    if (created.status !== 201) throw new Error(`${name} is refused`);
    const deployed = await replica.fetch(`/api/v1/deployment/workflows/${id}/deploy`, { json: {} });
    if (deployed.status !== 201) throw new Error(`${name} cannot be deployed: ${await deployed.text()}`);
  }
}
