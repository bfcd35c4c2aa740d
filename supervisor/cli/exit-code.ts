// What the exit codes of bosunctl mean; docs/reference/cli.md is written from it.

export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  noSuchService: 4,
  notAllowed: 5,
  unreachable: 6,
} as const;

declare const foreign: unique symbol;
/** Of a command that bosunctl stands for. */
type ForeignExitCode = number & { readonly [foreign]: true };

export type ExitCode = (typeof EXIT)[keyof typeof EXIT] | ForeignExitCode;

export function foreignExitCode(code: number): ExitCode {
  return code as ForeignExitCode;
}

export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  failed: 'failed, or unhealthy',
  usage: 'usage',
  notRunning: 'the service or the job is not running',
  noSuchService: 'no such service, or no such job',
  notAllowed: 'not allowed',
  unreachable: 'Bosun is not reachable',
};
