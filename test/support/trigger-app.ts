import { Global, Module, type LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { PoolClient } from 'pg';
import type { Caller } from '../../src/common/api/requires.js';
import { Clock, SystemClock } from '../../src/common/clock.js';
import { AppConfig } from '../../src/common/config/app-config.js';
import { Connections } from '../../src/common/connections/connections.js';
import { Database } from '../../src/common/database/database.js';
import { HealthProbes } from '../../src/common/health/health-probes.js';
import { OutgoingHttpModule } from '../../src/common/http/outgoing-http.module.js';
import { Redactor } from '../../src/common/logging/redactor.js';
import { Mailer } from '../../src/common/mail/mailer.js';
import { Plugins } from '../../src/common/plugins/plugins.js';
import { newId } from '../../src/common/ids.js';
import { Metrics } from '../../src/common/metrics/metrics.js';
import { SignalsModule } from '../../src/common/signals/signals.module.js';
import { TracingModule } from '../../src/common/tracing/tracing.module.js';
import { TimersModule } from '../../src/common/timers/timers.module.js';
import { CelExpressionCompiler, ExpressionCompiler } from '../../src/definition/expression-compiler.js';
import type { Plan, PlannedTrigger } from '../../src/definition/plan.js';
import { ExecutionStarter, type StartRequest, type StartResult } from '../../src/engine/engine.contract.js';
import { EventListeners } from '../../src/engine/events/event-listeners.js';
import { ExecutionCancels } from '../../src/engine/execution-cancels.js';
import { ExecutionEnds, type FinishedExecution } from '../../src/engine/execution-ends.js';
import { ExecutionViews } from '../../src/engine/execution-views.js';
import { OpenExecutions } from '../../src/engine/open-executions.js';
import { accept } from '../../src/engine/start/accept.statement.js';
import { ExecutionFiles } from '../../src/engine/files/execution-files.service.js';
import { EngineFigures } from '../../src/engine/views/engine-figures.js';
import { Replica } from '../../src/engine/replica.js';
import { OpenExecutionsRepository } from '../../src/engine/views/open-executions.repository.js';
import { LockManager } from '../../src/locks/lock-manager.js';
import { PgLockManager } from '../../src/locks/pg-lock-manager.js';
import { SecretStore } from '../../src/secrets/secret-store.js';
import {
  WorkflowDirectory,
  type StatusListener,
  type WorkflowEntry,
  type WorkflowStatus,
} from '../../src/workflows/workflow-directory.js';
import { WorkflowPlans, type PlannedVersion } from '../../src/workflows/workflow-plans.js';
import { DeploymentModule } from '../../src/deployment/deployment.module.js';
import { afterFile } from './cleanup.js';

const SILENT: LoggerService = { log: () => undefined, error: () => undefined, warn: () => undefined };
const CALLER: Caller = { actor: 'key:test', role: 'admin', ownerId: null, ip: '127.0.0.1' };

/** A started execution goes no further than its row; `end` says how it ended. */
class StandInStarter extends ExecutionStarter {
  constructor(private readonly database: Database) {
    super();
  }

  override async start(request: StartRequest): Promise<StartResult> {
    const [result] = await this.database.transaction((client) => this.startWithin(client, [request]));
    return result as StartResult;
  }

  override startWithin(client: PoolClient, requests: readonly StartRequest[]): Promise<StartResult[]> {
    const rows = requests.map((request) => ({
      request,
      executionId: request.execution === null ? null : (request.execution.id ?? newId()),
      timeoutMs: null,
      awaitedBy: null,
      place: null,
      parent: null,
      traceParent: null,
    }));
    return accept(client, rows);
  }

  override dispatch(): void {
    // Nothing runs here.
  }

  override checkInput(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }
}

class StandInEnds extends ExecutionEnds {
  output: FinishedExecution['output'];

  override waitForResponse(): Promise<null> {
    return Promise.resolve(null);
  }

  override wait(id: string): Promise<FinishedExecution | null> {
    return Promise.resolve(
      this.output === undefined ? null : { id, status: 'completed', output: this.output, error: null },
    );
  }
}

class StandInViews extends ExecutionViews {
  override get(id: string): Promise<Record<string, unknown>> {
    return Promise.resolve({ id, status: 'completed' });
  }

  override status(): Promise<string> {
    return Promise.resolve('queued');
  }

  override finished(id: string): Promise<Record<string, unknown>> {
    return this.get(id);
  }
}

/** Workflows whose versions have just triggers. */
export class StandInWorkflows extends WorkflowDirectory {
  override idsOf(): Promise<string[]> {
    return Promise.resolve([]);
  }
  readonly versions = new Map<string, PlannedTrigger[]>();
  private readonly listeners: StatusListener[] = [];

  constructor(private readonly database: Database) {
    super();
  }

  async create(slug: string, triggers: PlannedTrigger[]): Promise<string> {
    const id = newId();
    await this.database.query(`INSERT INTO workflow (id, slug, name, version) VALUES ($1, $2, $2, 1)`, [id, slug]);
    this.versions.set(`${id}:1`, triggers);
    return id;
  }

  async addVersion(id: string, triggers: PlannedTrigger[]): Promise<void> {
    const rows = await this.database.query<{ version: number }>(
      `UPDATE workflow SET version = version + 1 WHERE id = $1 RETURNING version`,
      [id],
    );
    this.versions.set(`${id}:${rows[0]?.version ?? 0}`, triggers);
  }

  override async get(idOrSlug: string): Promise<WorkflowEntry> {
    const [row] = await this.database.query<WorkflowEntry>(
      `SELECT id, slug, name, status, version, deployed_version AS "deployedVersion", owner_id AS "ownerId",
         is_template AS "isTemplate" FROM workflow WHERE id::text = $1 OR slug = $1`,
      [idOrSlug],
    );
    if (row === undefined) throw new Error(`no workflow ${idOrSlug}`);
    return row;
  }

  override async hold(client: PoolClient, id: string): Promise<WorkflowStatus> {
    const { rows } = await client.query<{ status: WorkflowStatus }>(
      `SELECT status FROM workflow WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return rows[0]?.status ?? 'draft';
  }

  override async keep(client: PoolClient, id: string): Promise<WorkflowStatus> {
    const { rows } = await client.query<{ status: WorkflowStatus }>(
      `SELECT status FROM workflow WHERE id = $1 FOR KEY SHARE`,
      [id],
    );
    return rows[0]?.status ?? 'draft';
  }

  override async changeStatus(client: PoolClient, id: string, status: WorkflowStatus): Promise<void> {
    await client.query(`UPDATE workflow SET status = $2 WHERE id = $1`, [id, status]);
  }

  override async setDeployedVersion(client: PoolClient, id: string, version: number | null): Promise<void> {
    await client.query(`UPDATE workflow SET deployed_version = $2 WHERE id = $1`, [id, version]);
  }

  override onStatusChange(listener: StatusListener): void {
    this.listeners.push(listener);
  }

  /** What the workflow's own routes do. */
  async move(id: string, to: WorkflowStatus): Promise<void> {
    const entry = await this.get(id);
    const after = await this.database.transaction(async (client) => {
      await this.changeStatus(client, id, to);
      const all = [];
      for (const listener of this.listeners) all.push(await listener(client, entry, to));
      return all;
    });
    for (const work of after) await work?.();
  }
}

class StandInPlans extends WorkflowPlans {
  constructor(private readonly workflows: StandInWorkflows) {
    super();
  }

  override async get(workflowId: string, version: number): Promise<PlannedVersion> {
    const triggers = this.workflows.versions.get(`${workflowId}:${version}`) ?? [];
    return Promise.resolve({
      workflowId,
      slug: workflowId,
      version,
      plan: { triggers, steps: new Map(), output: null, concurrency: null } as unknown as Plan,
    });
  }
}

export interface TriggerApp {
  readonly app: NestFastifyApplication;
  readonly workflows: StandInWorkflows;
  readonly ends: StandInEnds;
  readonly secrets: Map<string, string>;
  readonly database: Database;
  request(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

/**
 * Triggers and deployment as the server has them, on a real database; the engine stops at the row. One replica a call. The
 * spec mocks `engine.module.js` by an empty module: its ports are global stand-ins here.
 */
export async function startTriggerApp(
  database: { url: string; database: Database },
  settings: Partial<AppConfig> = {},
  sharedWorkflows?: StandInWorkflows,
): Promise<TriggerApp> {
  const { createHttpServer } = await import('../../src/http-server.js');
  const config = Object.assign(new AppConfig(), {
    databaseUrl: database.url,
    roles: ['api', 'scheduler', 'worker'],
    schedulerTimezone: 'UTC',
    executionMode: 'execute',
    notifyEmail: [],
    smtpUrl: null,
    mailFrom: null,
    rateLimitPublic: null,
    retentionMs: 86_400_000,
    imap: null,
    github: { appId: null, privateKey: null, webhookSecret: null, apiUrl: 'http://127.0.0.1:1' },
    emailCheckIntervalMs: 60_000,
    dataFolder: '.millrace',
    httpAllowPrivate: ['127.0.0.0/8'],
    corsOrigins: [],
    trustedProxies: [],
    schedulerMaxWorkers: 10,
    otlpEndpoint: null,
    variables: {},
    ...settings,
  });
  const secrets = new Map<string, string>();
  const ends = new StandInEnds();
  const workflows = sharedWorkflows ?? new StandInWorkflows(database.database);
  const shared = [
    { provide: AppConfig, useValue: config },
    { provide: Clock, useClass: SystemClock },
    { provide: Database, useValue: database.database },
    { provide: ExpressionCompiler, useClass: CelExpressionCompiler },
    Metrics,
    HealthProbes,
    Replica,
    {
      provide: SecretStore,
      useValue: {
        get: (name: string) => Promise.resolve(secrets.get(name)),
        names: () => Promise.resolve([...secrets.keys()]),
      },
    },
    { provide: WorkflowDirectory, useValue: workflows },
    { provide: WorkflowPlans, useValue: new StandInPlans(workflows) },
    { provide: ExecutionStarter, useValue: new StandInStarter(database.database) },
    { provide: ExecutionEnds, useValue: ends },
    { provide: ExecutionViews, useClass: StandInViews },
    { provide: OpenExecutions, useClass: OpenExecutionsRepository },
    EventListeners,
    EngineFigures,
    ExecutionFiles,
    { provide: Plugins, useValue: new Plugins() },
    Redactor,
    Mailer,
    { provide: Connections, useValue: { get: () => Promise.reject(new Error('no connections here')) } },
    { provide: LockManager, useValue: new PgLockManager(database.database) },
    { provide: ExecutionCancels, useValue: { request: () => Promise.resolve() } },
  ];

  @Global()
  @Module({ providers: shared, exports: shared.map((one) => ('provide' in one ? one.provide : one)) })
  class Surroundings {}

  @Module({ imports: [Surroundings, TracingModule, SignalsModule, TimersModule, OutgoingHttpModule, DeploymentModule] })
  class Root {}

  const app = await createHttpServer(Root, config, SILENT);
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, _reply, done) => {
      Object.assign(request, { caller: CALLER });
      done();
    });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= app.close());
  afterFile(close);
  return { app, workflows, ends, secrets, database: database.database, close, request: requester(app) };
}

function requester(app: NestFastifyApplication): TriggerApp['request'] {
  return async (method, url, body, headers = {}) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const answer = await app.inject({
      method: method as 'GET',
      url: /^\/(webhook|api|v1)\//.test(url) ? url : `/api/v1${url}`,
      headers: { ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }), ...headers },
      payload: body === undefined || isRaw ? body : JSON.stringify(body),
    });
    return {
      status: answer.statusCode,
      headers: answer.headers,
      body: answer.payload === '' ? {} : answer.json<Record<string, unknown>>(),
    };
  };
}

export function planned(
  type: string,
  config: Record<string, unknown>,
  more: Partial<PlannedTrigger> = {},
): PlannedTrigger {
  return {
    type,
    name: type,
    config,
    isEnabled: true,
    filter: null,
    input: null,
    priority: null,
    dedup: null,
    startAt: null,
    endAt: null,
    mode: null,
    ...more,
  };
}
