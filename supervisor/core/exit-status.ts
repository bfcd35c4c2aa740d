// How a process ended, and what that means as a number and as success. No policy: restart-policy.ts has that.
import type { SignalName } from './service-spec.ts';

/** As wait(2) tells it. Code and signal are never both there, and neither is ever made up. */
export type ExitStatus =
  | { readonly kind: 'code'; readonly code: number }
  | {
      readonly kind: 'signal';
      readonly signal: SignalName;
      readonly number: number;
      readonly core: 'dumped' | 'none';
      /** `oom`: the kernel's OOM killer, as the control group's memory.events told it. */
      readonly by: 'oom' | 'unknown';
    };

/** The shell's convention, which Docker follows: the code itself, or 128 + the signal's number. */
export function toExitCode(exit: ExitStatus): number {
  return exit.kind === 'code' ? exit.code : 128 + exit.number;
}

export function isSuccess(exit: ExitStatus, successExitCodes: readonly number[]): boolean {
  return exit.kind === 'code' && successExitCodes.includes(exit.code);
}

export function describeExit(exit: ExitStatus): string {
  if (exit.kind === 'code') return `exited with code ${exit.code}`;
  if (exit.by === 'oom') return `killed by the OOM killer (${exit.signal})`;
  return `killed by ${exit.signal}${exit.core === 'dumped' ? ' (core dumped)' : ''}`;
}
