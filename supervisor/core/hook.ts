// Starts the commands around a run. Each is told by an event when it begins and comes back as an input when it has ended.
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import type { RunId } from './names.ts';
import type { HookName, ServiceSpec } from './service-spec.ts';

export type HookStart = 'started' | 'absent';

export function startHook(
  draft: Draft,
  index: number,
  run: RunId,
  hook: HookName,
  exit?: ExitStatus,
): HookStart {
  const spec = draft.spec(index);
  if (!hasHook(spec, hook)) return 'absent';
  draft.emit({ type: 'hook-started', service: spec.name, run, hook });
  draft.do({ type: 'hook', service: spec.name, run, hook, exit });
  return 'started';
}

function hasHook({ hooks, stop }: ServiceSpec, hook: HookName): boolean {
  return (hook === 'stop' ? stop.command : hooks[hook]) !== undefined;
}
