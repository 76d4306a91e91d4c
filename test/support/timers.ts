type Timer = NodeJS.Timeout & { readonly _destroyed: boolean };

const PRUNE_AT = 1_000;
/** Kept on the global object: without isolation this module is loaded anew for each test file of a process. */
const state = ((globalThis as { millraceTimers?: State }).millraceTimers ??= { watching: false, seen: [] });

interface State {
  watching: boolean;
  seen: { readonly timer: Timer; readonly origin: string }[];
}

/**
 * Remembers every timer that code under test makes. Node only counts timers, and the test runner has some of its own,
 * made by the functions it kept from before.
 */
export function watchTimers(): void {
  if (state.watching) return;
  state.watching = true;
  globalThis.setTimeout = watched(globalThis.setTimeout);
  globalThis.setInterval = watched(globalThis.setInterval);
}

/** Where the timers were made that still run and keep the process alive. */
export function runningTimers(): string[] {
  prune();
  return state.seen.filter(({ timer }) => timer.hasRef()).map(({ origin }) => origin);
}

function watched<F extends typeof setTimeout | typeof setInterval>(original: F): F {
  const replacement = (...args: Parameters<typeof setTimeout>): NodeJS.Timeout => {
    const timer = original(...args) as Timer;
    if (state.seen.length > PRUNE_AT) prune();
    state.seen.push({ timer, origin: origin() });
    return timer;
  };
  // What `util.promisify` looks for.
  return Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original)) as unknown as F;
}

function prune(): void {
  state.seen = state.seen.filter(({ timer }) => !timer._destroyed);
}

function origin(): string {
  const lines = (new Error().stack ?? '').split('\n').slice(3);
  return (lines.find((line) => !line.includes('node:')) ?? lines[0] ?? '').trim();
}
