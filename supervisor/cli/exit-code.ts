// What the exit codes of bosunctl mean; docs/reference/cli.md lists the same.

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  noSuchService: 4,
  notAllowed: 5,
  unreachable: 6,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
