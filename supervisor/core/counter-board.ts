// Counters that only the engine can count, in memory that it shares with the control plane: they are right however often a control plane dies,
// and counting costs no message and wakes nobody. Layout only. All are 64-bit floats: times are seconds, and whole numbers are exact up to 2^53.

/** Indices of the whole. */
export const BOARD = {
  orphansReaped: 0,
  /** Of control planes; the first one counts. */
  planeStarts: 1,
} as const;
export const BOARD_BYTES = 8 * 2;

/** Probes by purpose. */
const PROBE_FIELDS = 4;
export const PROBE_AT = { startup: 0, readiness: PROBE_FIELDS, liveness: 2 * PROBE_FIELDS } as const;
/** From the purpose's first index on. */
export const PROBE = {
  passed: 0,
  failed: 1,
  /** All answers together. */
  seconds: 2,
  /** The newest answer, see ANSWER. */
  answer: 3,
} as const;
export const ANSWER = { none: 0, passed: 1, failed: 2 } as const;

/** What the processes have used that the engine has waited for, with those that they had waited for themselves: getrusage(2). */
export const USED = {
  userSeconds: 3 * PROBE_FIELDS,
  systemSeconds: 3 * PROBE_FIELDS + 1,
  readBytes: 3 * PROBE_FIELDS + 2,
  writtenBytes: 3 * PROBE_FIELDS + 3,
} as const;
export const SERVICE_COUNTER_BYTES = 8 * (3 * PROBE_FIELDS + 4);

/** The counters of the logs are of TALLY in log-board.ts. */
export type SharedCounters = {
  readonly board: SharedArrayBuffer;
  readonly services: ReadonlyMap<string, SharedArrayBuffer>;
  readonly logs: ReadonlyMap<string, SharedArrayBuffer>;
};

/** getrusage(2) of one that has been waited for. */
export type ResourceUsage = {
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
};
