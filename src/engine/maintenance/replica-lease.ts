import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { AppConfig } from '../../common/config/app-config.js';
import { Database } from '../../common/database/database.js';
import { WorkerLoad } from '../load/worker-load.js';
import { Slots } from '../run/slots.js';
import { processToken, Replica } from '../replica.js';
import { Reaper } from './reaper.js';

/** A replica that was not heard of for that long is dead. */
const LEASE_MS = 15_000;
const HEARTBEAT_MS = 3_000;

const BEAT = /* sql */ `
INSERT INTO replica (id, host, pid, process_token, roles, expires_at, state)
VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond', $7)
ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at, state = excluded.state`;

const NEIGHBOURS = /* sql */ `SELECT id, pid, process_token FROM replica WHERE host = $1 AND id <> $2`;
const EXPIRE = /* sql */ `UPDATE replica SET expires_at = now() WHERE id = ANY($1::uuid[])`;
const LEAVE = /* sql */ `DELETE FROM replica WHERE id = $1`;

/** What others may know of a worker: `replica.state`. */
interface WorkerState {
  /** Executions with effects at once. */
  readonly concurrency: number;
  /** How much of what it may take it takes; 1: all. */
  readonly share: number;
  /** Why it takes less. */
  readonly reason: string | null;
}

/** Keeps this process known as alive. One that was killed on this very host is found dead at once, by its pid. */
@Injectable()
export class ReplicaLease implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('ReplicaLease');

  constructor(
    private readonly config: AppConfig,
    private readonly database: Database,
    private readonly replica: Replica,
    private readonly reaper: Reaper,
    private readonly slots: Slots,
    private readonly load: WorkerLoad,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    await this.buryNeighbours();
    await this.reaper.reap();
  }

  @Interval(HEARTBEAT_MS)
  async heartbeat(): Promise<void> {
    await this.beat().catch((error: unknown) =>
      this.logger.warn({ message: 'no heartbeat: the database is away', err: error }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.database.query(LEAVE, [this.replica.id]).catch(() => undefined);
  }

  private async beat(): Promise<void> {
    const { id, host, pid, processToken: token } = this.replica;
    const state = this.config.roles.includes('worker') ? JSON.stringify({ worker: this.workerState() }) : null;
    await this.database.query(BEAT, [id, host, pid, token, this.config.roles, LEASE_MS, state]);
  }

  private workerState(): WorkerState {
    return { concurrency: this.slots.size, share: this.load.share, reason: this.load.reason };
  }

  private async buryNeighbours(): Promise<void> {
    const neighbours = await this.database.query<{ id: string; pid: number; process_token: string }>(NEIGHBOURS, [
      this.replica.host,
      this.replica.id,
    ]);
    const dead = neighbours.filter((other) => processToken(other.pid) !== other.process_token);
    if (dead.length > 0) await this.database.query(EXPIRE, [dead.map((other) => other.id)]);
  }
}
