// A service's reload command, run in the service's context, and how it went in words for the event.
import type { ServiceSpec } from '../core/service-spec.ts';
import type { ToolRunner } from '../os/tool.ts';

export async function runReload(
  tool: ToolRunner,
  { reload, environment, workingDir }: ServiceSpec,
): Promise<string> {
  if (reload.kind !== 'command') return 'nothing to run';
  const { command, timeoutMs } = reload;
  const outcome = await tool({ command, timeoutMs, environment, workingDir });
  switch (outcome.kind) {
    case 'exited':
      return `exit code ${outcome.code}${outcome.output === '' ? '' : `: ${outcome.output}`}`;
    case 'killed':
      return `killed by ${outcome.signal}`;
    case 'timed-out':
      return `timed out after ${timeoutMs} ms`;
    case 'not-started':
      return outcome.reason;
  }
}
