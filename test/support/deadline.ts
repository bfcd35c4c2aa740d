// Waiting with a deadline: for a promise, or for a condition that only looking can tell (a file in /proc). Never a sleep whose
// length a test relies on.
import { setTimeout as pause } from 'node:timers/promises';

const DEADLINE_MS = 10_000;
const LOOK_MS = 5;

export async function within<T>(what: string, promise: Promise<T>, limitMs = DEADLINE_MS): Promise<T> {
  const late = new AbortController();
  const timeout = pause(limitMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what}: not within ${limitMs} ms`);
  });
  timeout.catch(() => undefined);
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    late.abort();
  }
}

/** Looks until `look` gives something, and returns it. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = DEADLINE_MS,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > endMs) throw new Error(`${what}: not within ${limitMs} ms`);
    await pause(LOOK_MS);
  }
}
