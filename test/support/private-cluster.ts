import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresAccount } from '../../src/common/database/embedded/account.js';
import { nativeFolder, reachableBinaries } from '../../src/common/database/embedded/binaries.js';
import { Cluster } from '../../src/common/database/embedded/cluster.js';
import { afterFile } from './cleanup.js';
import { temporaryFolder } from './server.js';

export interface PrivateCluster {
  readonly url: string;
  /** As after a crash of the machine: connections break, nothing is flushed, recovery runs. */
  restart(): Promise<void>;
  /** It is gone until it is started again. */
  stop(): Promise<void>;
  /** Every process of it stands still: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  start(): Promise<void>;
}

/** A PostgreSQL of this file alone, which may be maltreated; nothing starts it again by itself. */
export async function startPrivateCluster(): Promise<PrivateCluster> {
  const folder = temporaryFolder();
  const cluster = new Cluster(folder, { max_connections: '200' });
  await cluster.start();
  afterFile(() => cluster.stop());
  const home = join(folder, 'postgres');
  const data = join(home, 'data');
  const account = postgresAccount(data);
  const pgCtl = join(reachableBinaries(nativeFolder(), home, account), 'bin/pg_ctl');
  const args = ['-D', data, 'restart', '-w', '-m', 'immediate', '-l', join(home, 'postgres.log')];
  const restart = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const as = account === null ? {} : { uid: account.uid, gid: account.gid };
      const child = spawn(pgCtl, args, { cwd: home, stdio: 'ignore', ...as });
      child.once('error', reject);
      child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`pg_ctl restart: ${code}`))));
    });
  const signalAll = (name: 'SIGSTOP' | 'SIGCONT'): void => {
    for (const pid of processesOf(data)) process.kill(pid, name);
  };
  let isFrozen = false;
  const freeze = (): void => {
    signalAll('SIGSTOP');
    isFrozen = true;
  };
  const thaw = (): void => {
    if (isFrozen) signalAll('SIGCONT');
    isFrozen = false;
  };
  afterFile(thaw);
  return {
    url: cluster.url('millrace'),
    restart,
    stop: () => cluster.stop(),
    start: async () => {
      await cluster.start();
    },
    freeze,
    thaw,
  };
}

/** The postmaster first, so that it makes no more. */
function processesOf(data: string): number[] {
  const postmaster = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').split(' ').filter(Boolean);
  return [postmaster, ...children.map(Number)];
}
