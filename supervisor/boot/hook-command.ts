// A service's hook or stop command, run in the service's context with what it may want to know in its environment, and how it went
// in words for the event. The variables of a hook after a run are systemd's (systemd.exec(5), ExecStopPost=).
import type { CommandOutcome } from '../core/event.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { HookName, HookSpec, ServiceSpec } from '../core/service-spec.ts';
import type { HookRequest } from '../engine/ports.ts';
import type { BoundedTool } from './bounded-tool.ts';
import { toCommandOutcome } from './command-outcome.ts';

export async function runHook(
  tool: BoundedTool,
  spec: ServiceSpec,
  request: HookRequest,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const hook = hookOf(spec, request);
  if (hook === undefined) return { kind: 'failed', detail: 'there is no command to run' };
  const environment = { ...spec.environment, ...hookEnvironment(request) };
  const { workingDir, execution } = spec;
  const outcome = await tool(
    `${spec.name} ${request.hook}`,
    { ...hook, environment, workingDir, execution },
    signal,
  );
  return signal.aborted && outcome.kind !== 'exited' && outcome.kind !== 'left-running'
    ? CUT_SHORT[request.hook]
    : toCommandOutcome(outcome, hook.timeoutMs);
}

/** Nobody waits for it any more, or there is no more time. */
const CUT_SHORT: Readonly<Record<HookName, CommandOutcome>> = {
  pre_start: { kind: 'failed', detail: 'ended because the service is being stopped' },
  post_start: { kind: 'failed', detail: 'ended with the run' },
  pre_stop: { kind: 'failed', detail: 'ended with the run or its grace period' },
  post_stop: { kind: 'failed', detail: 'ended because the time for it was over' },
  // That the run has ended is what it was for.
  stop: { kind: 'done', detail: 'ended with the run' },
};

/** The stop command has the grace period; SIGKILL to the service follows then in any case. */
function hookOf({ hooks, stop }: ServiceSpec, { hook }: HookRequest): HookSpec | undefined {
  if (hook !== 'stop') return hooks[hook];
  return stop.command === undefined ? undefined : { command: stop.command, timeoutMs: stop.timeoutMs };
}

function hookEnvironment({ hook, pid, exit }: HookRequest): Readonly<Record<string, string>> {
  return {
    BOSUN_HOOK: hook,
    // After the run its number means nothing any more.
    ...(pid === undefined || hook === 'post_stop' ? {} : { MAINPID: String(pid) }),
    ...(exit === undefined ? {} : exitEnvironment(exit)),
  };
}

function exitEnvironment(exit: ExitStatus): Readonly<Record<string, string>> {
  if (exit.kind === 'code') return { EXIT_CODE: 'exited', EXIT_STATUS: String(exit.code) };
  if (exit.kind === 'unknown') return {};
  const how = exit.core === 'dumped' ? 'dumped' : 'killed';
  return { EXIT_CODE: how, EXIT_STATUS: exit.signal.replace(/^SIG/, '') };
}
