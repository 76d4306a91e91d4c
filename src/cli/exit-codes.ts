/** What a script can tell from the exit code. Never change one: add. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  denied: 5,
  waitOver: 6,
  internal: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The table of the guide. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'done',
  [EXIT.failed]: 'the execution that was waited for ended as `failed`, `timed_out` or `cancelled`',
  [EXIT.usage]: 'wrong arguments, or a file that cannot be read; nothing was sent',
  [EXIT.refused]: 'a definition has faults, or the server refused: not found, not in this state, not valid',
  [EXIT.unreachable]: 'no server answered at the URL, or it cannot answer now (5xx)',
  [EXIT.denied]: 'no key, a key that is not valid, or one that may not do this',
  [EXIT.waitOver]: 'the time of `--timeout` is over; the execution goes on',
  [EXIT.internal]: 'a fault of the command itself',
};
