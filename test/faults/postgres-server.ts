import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cluster } from '../../src/common/database/embedded/cluster.js';
import { afterFile } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { temporaryFolder } from '../support/server.js';

/** Of the file system for the cluster, where one can be mounted. */
const DISK = '900m';
/** The machine does not crash, only processes do: what the kernel has is as good as on the disk. */
const SETTINGS = { max_connections: '200', fsync: 'off', min_wal_size: '32MB', max_wal_size: '64MB' };

/** The PostgreSQL of a run, on a small disk of its own where that can be had, and nothing starts it again by itself. */
export class PostgresServer {
  /** Why its disk cannot be filled; null: it can. */
  readonly whyNoDisk: string | null;
  private readonly folder = temporaryFolder();
  private readonly cluster: Cluster;

  constructor() {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0711`, 'tmpfs', this.folder]);
    this.whyNoDisk =
      mounted.status === 0 ? null : `no file system can be mounted here: ${String(mounted.stderr).trim()}`;
    this.cluster = new Cluster(this.folder, SETTINGS);
    afterFile(async () => {
      await this.emptyDisk();
      await this.cluster.stop();
      if (mounted.status === 0) spawnSync('umount', ['-l', this.folder]);
    });
  }

  get url(): string {
    return this.cluster.url('millrace');
  }

  async start(): Promise<void> {
    await this.cluster.start();
  }

  /** `fast`: sessions are ended in order; `immediate`: no checkpoint, recovery at the start; `kill`: SIGKILL. */
  async restart(how: 'fast' | 'immediate' | 'kill', downMs: number): Promise<void> {
    if (how === 'fast') await this.cluster.stop();
    else process.kill(this.postmaster(), how === 'kill' ? 'SIGKILL' : 'SIGQUIT');
    await eventually(() => {
      if (this.cluster.isRunning()) throw new Error('PostgreSQL still runs');
    });
    await new Promise((next) => setTimeout(next, downMs));
    await this.cluster.start();
  }

  isRunning(): boolean {
    return this.cluster.isRunning();
  }

  /** Takes what is left of the disk. */
  fillDisk(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(this.ballast, '');
    const filled = spawnSync('dd', ['if=/dev/zero', `of=${this.ballast}`, `bs=${bsize}`, `count=${bavail + 16}`]);
    if (!String(filled.stderr).includes('No space left'))
      throw new Error(`the disk is not full: ${String(filled.stderr)}`);
  }

  async emptyDisk(): Promise<void> {
    if (!existsSync(this.ballast)) return;
    rmSync(this.ballast);
    if (!this.cluster.isRunning()) await this.cluster.start();
  }

  log(): string {
    return readFileSync(join(this.folder, 'postgres/postgres.log'), 'utf8');
  }

  private get ballast(): string {
    return join(this.folder, 'ballast');
  }

  private postmaster(): number {
    return Number(readFileSync(join(this.folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  }
}
