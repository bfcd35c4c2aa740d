// A service's hook or stop command, run in the service's context with what it may want to know in its environment, and how it went
// in words for the event. The variables of a hook after a run are systemd's (systemd.exec(5), ExecStopPost=).
import type { CommandOutcome } from '../core/event.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { HookSpec, ServiceSpec } from '../core/service-spec.ts';
import type { HookRequest } from '../engine/ports.ts';
import type { ToolRunner } from '../os/tool.ts';
import { toCommandOutcome } from './reload-command.ts';

export async function runHook(
  tool: ToolRunner,
  spec: ServiceSpec,
  request: HookRequest,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const hook = hookOf(spec, request);
  if (hook === undefined) return { kind: 'failed', detail: 'there is no command to run' };
  const environment = { ...spec.environment, ...hookEnvironment(request) };
  const outcome = await tool({ ...hook, environment, workingDir: spec.workingDir }, signal);
  return toCommandOutcome(outcome, hook.timeoutMs, signal);
}

/** The stop command has the grace period; SIGKILL to the service follows then in any case. */
function hookOf({ hooks, stop }: ServiceSpec, { hook }: HookRequest): HookSpec | undefined {
  if (hook !== 'stop') return hooks[hook];
  return stop.command === undefined ? undefined : { command: stop.command, timeoutMs: stop.timeoutMs };
}

function hookEnvironment({ hook, pid, exit }: HookRequest): Readonly<Record<string, string>> {
  return {
    BOSUN_HOOK: hook,
    ...(pid === undefined ? {} : { MAINPID: String(pid) }),
    ...(exit === undefined ? {} : exitEnvironment(exit)),
  };
}

function exitEnvironment(exit: ExitStatus): Readonly<Record<string, string>> {
  if (exit.kind === 'code') return { EXIT_CODE: 'exited', EXIT_STATUS: String(exit.code) };
  const how = exit.core === 'dumped' ? 'dumped' : 'killed';
  return { EXIT_CODE: how, EXIT_STATUS: exit.signal.replace(/^SIG/, '') };
}
