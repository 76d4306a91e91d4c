const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Calls back when the process shall end: by a signal, or because `npm start` is gone and nobody else would stop us. */
export function onStopRequest(stop: (reason: string) => void): void {
  for (const signal of SIGNALS) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('npm start has ended'));
  // The channel alone must not keep the process.
  process.channel?.unref();
}
