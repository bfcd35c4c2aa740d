// When the runs of a timer are due. An interval is counted on the monotonic clock; a calendar needs the wall clock and a library
// for cron expressions, which the core gets handed in (Calendar), because it imports nothing.

export type Schedule =
  | { readonly kind: 'none' }
  | { readonly kind: 'every'; readonly periodMs: number }
  /** `timeZone`: an IANA name such as Europe/Berlin. */
  | { readonly kind: 'cron'; readonly expression: string; readonly timeZone: string };

export type CronSchedule = Extract<Schedule, { kind: 'cron' }>;

/** The first moment after `afterWallMs` (milliseconds since the epoch) that matches; undefined when none ever does. Pure. */
export type Calendar = (schedule: CronSchedule, afterWallMs: number) => number | undefined;

/** When the next run is due, and on which clock. */
export type Due =
  | { readonly clock: 'monotonic'; readonly atMs: number }
  | { readonly clock: 'wall'; readonly atMs: number }
  /** The calendar has no further date. */
  | { readonly clock: 'never' };
