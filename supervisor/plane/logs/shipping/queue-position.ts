// How far a sink has come in its queue: what its cursor file holds, and nothing else of it. Types and the small steps of them.

/**
 * How many lines bear the time of this millisecond so far. Lines of one millisecond get nanoseconds that grow, or else a receiver would
 * show them in any order, and Loki would take two of the same text for one. It belongs to the position: what is sent again has the same time.
 */
export type Stamp = { readonly timeMs: number; readonly lines: number };

export type QueuePosition = {
  /** 0: before all that there is. */
  readonly segment: number;
  /** Where the next record begins, and so many of its lines are done already. */
  readonly offset: number;
  readonly doneLines: number;
  /** All lines of the queue before this position, whether they were sent or not; see SpoolTotals. Undefined: not known yet. */
  readonly totalLines: number | undefined;
  readonly stamp: Stamp;
};

export const BEGINNING: QueuePosition = {
  segment: 0,
  offset: 0,
  doneLines: 0,
  totalLines: undefined,
  stamp: { timeMs: 0, lines: 0 },
};

/** What became of the lines before a position. Survives restarts. */
export type SinkCounts = {
  readonly sentLines: number;
  /** Removed from a full queue before they were read, or refused for good by the receiver. */
  readonly missedLines: number;
  readonly refusedLines: number;
};

export const NO_COUNTS: SinkCounts = { sentLines: 0, missedLines: 0, refusedLines: 0 };
