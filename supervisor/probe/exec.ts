// Exec probe: a command in the service's own context; exit code 0 is healthy. How it is run, and killed with its whole group
// when it takes too long, is the caller's tool runner.
import type { ProbeAnswer } from '../core/input.ts';
import { failed, failedLate, OK, type Probe } from './probe.ts';

/** What the tool runner tells; the same shape as in os/, which this folder must not import. */
export type ExecOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly signal: string; readonly output: string }
  | { readonly kind: 'timed-out'; readonly output: string }
  | { readonly kind: 'not-started'; readonly reason: string };

export function execProbe(run: (signal: AbortSignal) => Promise<ExecOutcome>, timeoutMs: number): Probe {
  return async (signal) => judge(await run(signal), timeoutMs);
}

function judge(outcome: ExecOutcome, timeoutMs: number): ProbeAnswer {
  switch (outcome.kind) {
    case 'exited':
      return outcome.code === 0
        ? OK
        : failed(withOutput(`exit code ${String(outcome.code)}`, outcome.output));
    case 'killed':
      return failed(withOutput(`killed by ${outcome.signal}`, outcome.output));
    case 'timed-out':
      return failedLate(timeoutMs);
    case 'not-started':
      return failed(outcome.reason);
  }
}

const SHOWN_CHARACTERS = 512;

function withOutput(what: string, output: string): string {
  return output === '' ? what : `${what}: ${output.slice(0, SHOWN_CHARACTERS)}`;
}
