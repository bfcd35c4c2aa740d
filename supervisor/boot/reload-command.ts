// A service's reload command, run in the service's context, and how it went in words for the event.
import type { CommandOutcome } from '../core/event.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { ToolOutcome, ToolRunner } from '../os/tool.ts';

export async function runReload(
  tool: ToolRunner,
  { reload, environment, workingDir }: ServiceSpec,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  if (reload.kind !== 'command') return { kind: 'failed', detail: 'there is no command to run' };
  const { command, timeoutMs } = reload;
  const outcome = await tool({ command, timeoutMs, environment, workingDir }, signal);
  return toCommandOutcome(outcome, timeoutMs, signal);
}

export function toCommandOutcome(
  outcome: ToolOutcome,
  timeoutMs: number,
  signal: AbortSignal,
): CommandOutcome {
  switch (outcome.kind) {
    case 'exited':
      return {
        kind: outcome.code === 0 ? 'done' : 'failed',
        detail: `exit code ${outcome.code}${outcome.output === '' ? '' : `: ${outcome.output}`}`,
      };
    case 'killed':
      return { kind: 'failed', detail: `killed by ${outcome.signal}` };
    case 'timed-out':
      return {
        kind: 'failed',
        detail: signal.aborted ? 'ended with the run' : `timed out after ${timeoutMs} ms`,
      };
    case 'not-started':
      return { kind: 'failed', detail: outcome.reason };
  }
}
