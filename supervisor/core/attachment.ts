// Which process an attached service is: one that Bosun did not start, looked for in /proc. All that is said must be true of it.

export type ProcessQuery = {
  /** A regular expression (flag v) on the arguments, joined with spaces. */
  readonly command: string | undefined;
  /** The file that it executes, as /proc/PID/exe names it. */
  readonly executable: string | undefined;
  /** The file in which it has written its process id. */
  readonly pidFile: string | undefined;
  /** The effective user. */
  readonly uid: number | undefined;
};

export type Attachment =
  { readonly kind: 'none' } | { readonly kind: 'process'; readonly query: ProcessQuery };
