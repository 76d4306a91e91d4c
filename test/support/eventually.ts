import { setTimeout as delay } from 'node:timers/promises';

const LIMIT_MS = 30_000;

/**
 * Looks again and again until `look` returns without throwing, and returns what it returned. For what shows itself only
 * by looking; the limit is generous because it is reached only by a failing test.
 */
export async function eventually<T>(look: () => Promise<T> | T, limitMs: number = LIMIT_MS): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (let pause = 10; ; pause = Math.min(pause * 1.5, 250)) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(pause);
  }
}
