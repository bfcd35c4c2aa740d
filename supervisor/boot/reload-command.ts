// A service's reload command, run in the service's context, and how it went in words for the event.
import type { CommandOutcome } from '../core/event.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { BoundedTool } from './bounded-tool.ts';
import { toCommandOutcome } from './command-outcome.ts';

export async function runReload(
  tool: BoundedTool,
  { name, reload, environment, workingDir, execution }: ServiceSpec,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  if (reload.kind !== 'command') return { kind: 'failed', detail: 'there is no command to run' };
  const { command, timeoutMs } = reload;
  const outcome = await tool(
    `${name} reload`,
    { command, timeoutMs, environment, workingDir, execution },
    signal,
  );
  return signal.aborted && outcome.kind !== 'exited'
    ? { kind: 'failed', detail: 'ended with the run' }
    : toCommandOutcome(outcome, timeoutMs);
}
