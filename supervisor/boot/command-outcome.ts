// How a command around a run went, in words for the event. What it wrote is part of it, as far as the tool runner has kept it.
import type { CommandOutcome } from '../core/event.ts';
import { describeDuration } from '../wire/duration.ts';
import type { BoundedOutcome } from './bounded-tool.ts';

export function toCommandOutcome(outcome: BoundedOutcome, timeoutMs: number): CommandOutcome {
  switch (outcome.kind) {
    case 'exited':
      return {
        kind: outcome.code === 0 ? 'done' : 'failed',
        detail: withOutput(`exit code ${outcome.code}`, outcome.output),
      };
    case 'killed':
      return { kind: 'failed', detail: withOutput(`killed by ${outcome.signal}`, outcome.output) };
    case 'timed-out':
      return { kind: 'failed', detail: withOutput(describeTimeout(timeoutMs), outcome.output) };
    case 'left-running':
      return { kind: 'failed', detail: 'its time was over, and it goes on running: SIGKILL did not end it' };
    case 'not-started':
      return { kind: 'failed', detail: outcome.reason };
  }
}

function describeTimeout(timeoutMs: number): string {
  return `timed out after ${describeDuration(timeoutMs)} and was killed with its process group`;
}

function withOutput(how: string, output: string): string {
  return output === '' ? how : `${how}: ${output}`;
}
