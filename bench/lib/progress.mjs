const began = performance.now();

/** One line on stderr, so that stdout holds the result alone. */
export function say(text) {
  const seconds = Math.round((performance.now() - began) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(`${clock.padStart(6)}  ${text}\n`);
}

/** @returns seconds since the start of this process */
export function elapsed() {
  return (performance.now() - began) / 1000;
}
