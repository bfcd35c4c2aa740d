// CLOCK_MONOTONIC in milliseconds: the same for all threads, one after the other, and for a Bosun that goes on in their place. That of
// performance.now() begins anew with each thread.

export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
