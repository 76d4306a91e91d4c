import { join } from 'node:path';
import { short } from '../lib/numbers.mjs';
import { keep } from '../lib/results.mjs';
import { say } from '../lib/progress.mjs';
import { DAYS, fill } from './history-rows.mjs';
import { readHistory } from './history-reads.mjs';
import { slowPlans } from './history-plans.mjs';
import { startOnOwnPostgres } from './server.mjs';
import { timeRetention } from './retention.mjs';

/** What is read again and again by people and programs must be quick. */
const LIMIT_MS = 50;

const SETTINGS = {
  shared_buffers: '1GB',
  maintenance_work_mem: '512MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  // Filling tables that were made in the same transaction then needs no log.
  wal_level: 'minimal',
  max_wal_senders: '0',
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': `${LIMIT_MS}ms`,
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
};

/** Lists, searches, details, statistics and retention over `--rows` executions (10,000,000) of three steps each. */
export async function history(folder, { rows = '10000000' }) {
  const own = await startOnOwnPostgres(folder, { settings: SETTINGS });
  try {
    const filled = await fill(own, Number(rows));
    const [{ size }] = await own.rows(`SELECT pg_size_pretty(pg_database_size(current_database())) AS size`);
    say(`${short(filled.executions)} executions on ${DAYS} days, ${size}`);
    const reads = await readHistory(own, filled);
    const plans = slowPlans(join(folder, 'postgres/postgres.log'));
    if (plans !== '') keep('scale-history-plans.txt', plans);
    return [
      { figure: 'executions, each with 3 steps', measured: short(filled.executions), holds: null },
      { figure: 'size', measured: size, holds: null },
      ...reads.map(asRow),
      ...(await timeRetention(own)),
    ];
  } finally {
    await own.stop();
  }
}

function asRow({ name, p50, p99, promised }) {
  const measured = `p50 ${short(p50)} ms, p99 ${short(p99)} ms`;
  if (!promised) return { figure: name, measured, p50, p99, holds: null };
  return { figure: name, measured, p50, p99, target: `p99 < ${LIMIT_MS} ms`, holds: p99 < LIMIT_MS };
}
