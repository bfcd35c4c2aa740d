// What the kernel said of a run: spawned or not, its leader's exit, its group's end. Anything about an old run is dropped.
import type { Draft } from './draft.ts';
import { toExitCode, type ExitStatus } from './exit-status.ts';
import type { Input } from './input.ts';
import type { RunId, ServiceName } from './names.ts';
import { becomeReady } from './on-probe.ts';
import { endUnasked, endUnlaunched, runGone } from './run-end.ts';
import { askToStop, beginStop, sendStopSignal } from './run-stop.ts';
import { isLive, pidOf, type LiveState, type SpawnError } from './service-state.ts';
import { startShutdown } from './shutdown.ts';
import { isWantedUp } from './wanted.ts';

/** The state of the run that is named, if it is still the live one. */
export function liveRun(
  draft: Draft,
  service: ServiceName,
  run: RunId | 0,
): { index: number; state: LiveState } | undefined {
  const index = draft.indexOf(service);
  if (index === undefined) return undefined;
  const { state } = draft.record(index);
  return isLive(state) && state.run === run ? { index, state } : undefined;
}

type ProcessInput = Extract<Input, { type: 'spawned' | 'spawn-failed' | 'exited' | 'group-emptied' }>;

export function onProcessInput(draft: Draft, input: ProcessInput): void {
  switch (input.type) {
    case 'spawned':
      onSpawned(draft, input);
      return;
    case 'spawn-failed':
      onSpawnFailed(draft, input.service, input.run, input.error);
      return;
    case 'exited':
      onExited(draft, input);
      return;
    case 'group-emptied':
      onGroupEmptied(draft, input.service, input.run);
      return;
  }
}

function onSpawned(draft: Draft, input: Extract<Input, { type: 'spawned' }>): void {
  const live = liveRun(draft, input.service, input.run);
  if (live === undefined || pidOf(live.state) !== undefined) return;
  const { service, run, pid, degraded } = input;
  draft.emit({ type: 'spawned', service, run, pid, degraded });
  if (live.state.kind === 'stopping') {
    // A down command is to run, unless its time has passed meanwhile.
    if (live.state.step !== 'down' || live.state.killAtMs <= draft.moment.nowMs) askToStop(draft, live.index);
    return;
  }
  const spec = draft.spec(live.index);
  if (spec.type !== 'service' || spec.readiness.kind !== 'spawned' || spec.startup.kind !== 'none') return;
  becomeReady(draft, live.index, run);
}

function onSpawnFailed(draft: Draft, service: ServiceName, run: RunId, error: SpawnError): void {
  const live = liveRun(draft, service, run);
  if (live === undefined) return;
  draft.emit({ type: 'spawn-failed', service, run, error });
  const reason = { kind: 'spawn', error } as const;
  if (live.state.kind === 'stopping') endUnlaunched(draft, live.index, run, live.state.cause, reason);
  else endUnasked(draft, live.index, run, reason);
}

function onExited(draft: Draft, input: Extract<Input, { type: 'exited' }>): void {
  const live = liveRun(draft, input.service, input.run);
  if (live === undefined) return;
  // A leader ends once.
  if (live.state.kind === 'stopping' && live.state.exit !== undefined) return;
  const { service, run, exit, group } = input;
  const cause = live.state.kind === 'stopping' ? live.state.cause : 'leader-exited';
  const unasked = live.state.kind !== 'stopping' && isWantedUp(draft.fleet, draft.record(live.index));
  draft.emit({ type: 'exited', service, run, exit });
  // What a leader leaves behind is left alone where only the leader is to be stopped.
  if (group === 'empty' || draft.spec(live.index).stop.killMode === 'process') {
    runGone(draft, live.index, run, cause, exit);
    return;
  }
  if (live.state.kind !== 'stopping') beginStop(draft, live.index, 'leader-exited', exit);
  else endRest(draft, live.index);
  // The rest of the main service's group need not be gone for the container to begin its end.
  if (unasked && draft.spec(live.index).importance === 'main') endContainerEarly(draft, live.index, exit);
}

/** Of a group whose leader has obeyed: the others were asked too, unless the leader alone was. */
function endRest(draft: Draft, index: number): void {
  const { state } = draft.record(index);
  if (state.kind === 'stopping' && draft.spec(index).stop.killMode === 'mixed')
    sendStopSignal(draft, index, state);
}

function endContainerEarly(draft: Draft, index: number, exit: ExitStatus): void {
  startShutdown(draft, { kind: 'main-ended', service: draft.record(index).name }, toExitCode(exit));
}

function onGroupEmptied(draft: Draft, service: ServiceName, run: RunId): void {
  const live = liveRun(draft, service, run);
  if (live?.state.kind !== 'stopping' || live.state.exit === undefined) return;
  if (live.state.step === 'post-stop') return;
  runGone(draft, live.index, run, live.state.cause, live.state.exit);
}
