const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Calls back when the process shall end: by a signal, or because `npm start` is gone and nobody else would stop us. */
export function onStopRequest(stop: (reason: string) => void): void {
  for (const signal of SIGNALS) process.on(signal, () => stop(signal));
  if (process.channel === undefined) return;
  process.on('disconnect', () => stop('npm start has ended'));
  process.channel?.unref();
}
