// How a process ended, and what that means as a number and as success. No policy: restart-policy.ts has that.
import type { SignalName } from './service-spec.ts';

/** As wait(2) tells it, or the kernel of a process that is not ours. Code and signal are never both there, and neither is ever made up. */
export type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | {
      readonly kind: 'signal';
      readonly signal: SignalName;
      readonly number: number;
      readonly core: 'dumped' | 'none';
      /** `oom`: the kernel's OOM killer, as the control group's memory.events told it. */
      readonly by: 'oom' | 'unknown';
    }
  /** It has ended, and nobody could tell how: it was somebody else's child, or its end was not seen. */
  | { readonly kind: 'unknown' };

/** What stands for an exit that nobody could tell: never 0, and no number that a signal has. */
const UNKNOWN_EXIT_CODE = 255;

/** The shell's convention, which Docker follows: the code itself, or 128 + the signal's number. */
export function toExitCode(exit: ExitStatus): number {
  switch (exit.kind) {
    case 'code':
      return exit.code;
    case 'signal':
      return 128 + exit.number;
    case 'unknown':
      return UNKNOWN_EXIT_CODE;
  }
}

export function isSuccess(exit: ExitStatus, successExitCodes: readonly number[]): boolean {
  return exit.kind === 'code' && successExitCodes.includes(exit.code);
}

export function describeExit(exit: ExitStatus): string {
  if (exit.kind === 'code') return `exited with code ${exit.code}`;
  if (exit.kind === 'unknown') return 'ended (how is not known)';
  if (exit.by === 'oom') return `killed by the OOM killer (${exit.signal})`;
  return `killed by ${exit.signal}${exit.core === 'dumped' ? ' (core dumped)' : ''}`;
}
