import { describe, expect, it } from 'vitest';
import { requireService } from '../support/services.js';
import { FAULTS } from './fault-types.js';
import { report } from './report.js';
import { runFaults } from './run.js';
import { schedule } from './schedule.js';
import type { BackendName } from './world.js';

const BACKENDS: readonly BackendName[] = requireService('redis') ? ['postgres', 'redis'] : ['postgres'];
/** The quick ones that between them cut every path: accept, queue, effect, tick, and the database itself. */
const SHORT = [
  'kill_before_enqueue',
  'kill_after_effect',
  'kill_in_cron_tick',
  'kill_at_a_mails_commit',
  'postgres_restarted',
  'queue_emptied',
];
const SEED = 4_711;
/** Reached only by what hangs, also on a machine that others keep busy. */
const LIMIT_MS = 900_000;

describe.each(BACKENDS)('faults in a short run, with the queue in %s', (backend) => {
  it(
    'lose nothing, repeat nothing that was completed, and end',
    async () => {
      const faults = FAULTS.filter(({ name }) => SHORT.includes(name));
      const lines: string[] = [];
      const options = {
        seed: SEED,
        cycles: SHORT.length,
        backend,
        faults,
        lateReturns: false,
        say: (line: string) => lines.push(line),
      };
      const result = await runFaults(options);
      expect(result.failures, [...lines, report(options, result)].join('\n')).toEqual([]);
      expect(result.executions).toBeGreaterThan(0);
    },
    LIMIT_MS,
  );
});

describe('a schedule of faults', () => {
  const names = (seed: number): string[] => schedule(seed, 40, FAULTS).map(({ fault }) => fault.name);

  it('follows from its seed', () => {
    expect(names(1)).toEqual(names(1));
    expect(names(1)).not.toEqual(names(2));
  });

  it('has every fault before any comes up again', () => {
    expect(new Set(names(3).slice(0, FAULTS.length)).size).toBe(FAULTS.length);
  });
});
