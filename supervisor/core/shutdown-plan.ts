// How a shutdown divides its budget. Pure arithmetic; decide.ts acts on it.

export type ShutdownPlan = {
  /** `reverse`: a service is asked to stop only after those that need it have gone. */
  readonly order: 'reverse';
  /** Until then the order is kept; after it everything still running is asked to stop at once. */
  readonly orderUntilMs: number;
  /** Whatever lives then gets SIGKILL. */
  readonly killAtMs: number;
  /** Bosun waits no longer for what the kernel has not managed to end. What is left of the budget is for the log lines. */
  readonly endAtMs: number;
};

/** The last part belongs to SIGKILL, the sweep of strays and the last log lines: a tenth, but at least 300 ms. */
const FINAL_SHARE = 0.1;
const FINAL_MIN_MS = 300;
/** Of what is left before that, the share in which the order is kept. */
const ORDERED_SHARE = 0.75;

/** Of the budget, after everything has ended: for the last log lines. */
export function flushReserveMs(budgetMs: number): number {
  return Math.min(200, budgetMs * 0.05);
}

/** All times are monotonic milliseconds; `budgetMs` counts from `nowMs`. */
export function planShutdown(nowMs: number, budgetMs: number): ShutdownPlan {
  const finalMs = Math.min(budgetMs, Math.max(FINAL_MIN_MS, budgetMs * FINAL_SHARE));
  const untilKillMs = budgetMs - finalMs;
  return {
    order: 'reverse',
    orderUntilMs: nowMs + untilKillMs * ORDERED_SHARE,
    killAtMs: nowMs + untilKillMs,
    endAtMs: nowMs + budgetMs - flushReserveMs(budgetMs),
  };
}
