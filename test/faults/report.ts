import type { RunOptions, RunResult } from './run.js';

/** The figures of a run, as text. */
export function report({ seed, cycles, backend }: RunOptions, result: RunResult): string {
  const { executions, steps, calls, load, verdicts, hits, buried, failures, leftOut } = result;
  const lines = [
    '',
    `backend ${backend}, seed ${seed}, ${cycles} cycles`,
    `${executions} executions, ${steps} steps, ${calls} calls in the ledger`,
    `${load.accepted} webhooks accepted (${load.refused} refusals, ${load.unanswered} without an answer, ` +
      `${load.duplicates} sent again on purpose)`,
    '',
    'promise                                    checked  broken',
    ...verdicts.map(
      ({ promise, checked, broken }) =>
        `${promise.padEnd(40)} ${String(checked).padStart(9)} ${String(broken.length).padStart(7)}`,
    ),
    '',
    'fault                                       struck     hit',
    ...[...hits]
      .sort()
      .map(([name, { struck, hit }]) => `${name.padEnd(40)} ${String(struck).padStart(9)} ${String(hit).padStart(7)}`),
    `${buried} times who was killed came back only after the others had taken over what it ran`,
    ...leftOut.map((line) => `left out: ${line}`),
    '',
    failures.length === 0 ? 'PASSED' : 'FAILED',
    ...failures.map((failure) => `  ${failure}`),
  ];
  return lines.join('\n');
}
