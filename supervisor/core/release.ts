// How a run is brought to its end: stopped, or let go of. An attached process belongs to somebody else: it is sent a signal only where
// the operator or its liveness probe asks for that, never because Bosun ends or has another configuration.
import type { Draft } from './draft.ts';
import { endUnlaunched } from './run-end.ts';
import { beginStop } from './run-stop.ts';
import { isLive, pidOf, type EndReason, type LiveState, type StopCause } from './service-state.ts';

export function beginEnd(draft: Draft, index: number, cause: StopCause): void {
  const { state } = draft.record(index);
  if (isLive(state) && isLeftAlone(draft, index, state, cause)) release(draft, index, state, cause);
  else beginStop(draft, index, cause);
}

/** One that is being stopped is given up all the same when Bosun is to end, or does not have it any more. */
export function releaseLate(draft: Draft, index: number, state: LiveState): 'released' | 'kept' {
  const cause = draft.fleet.phase.kind === 'stopping' ? 'shutdown' : 'requested';
  const { configured } = draft.record(index);
  if (draft.spec(index).type !== 'attached' || (cause === 'requested' && configured !== 'removed'))
    return 'kept';
  release(draft, index, state, cause);
  return 'released';
}

function isLeftAlone(draft: Draft, index: number, state: LiveState, cause: StopCause): boolean {
  if (draft.spec(index).type !== 'attached') return false;
  // There is nobody yet who could be stopped.
  if (pidOf(state) === undefined || draft.record(index).configured === 'removed') return true;
  return cause === 'shutdown' || cause === 'reconfigured' || cause === 'startup-timeout';
}

function release(draft: Draft, index: number, state: LiveState, cause: StopCause): void {
  const { name: service } = draft.record(index);
  const { run } = state;
  draft.emit({ type: 'detached', service, run });
  draft.do({ type: 'detach', service, run });
  endUnlaunched(draft, index, run, cause, reasonOf(state));
}

/** What it counts as when nobody has asked for it: the time to start is over. */
function reasonOf(state: LiveState): Extract<EndReason, { kind: 'not-found' | 'startup-timeout' }> {
  return state.kind === 'starting' && state.process.kind === 'looking'
    ? { kind: 'not-found', finding: state.process.finding, exit: undefined }
    : { kind: 'startup-timeout', exit: undefined };
}
