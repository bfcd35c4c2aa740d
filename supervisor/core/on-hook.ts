// What follows when a hook has ended. Those before and after a start must succeed, as in systemd and Kubernetes; those around a stop
// are told and change nothing: a service is not kept from ending by a script.
import type { Draft } from './draft.ts';
import type { CommandOutcome } from './event.ts';
import type { Input } from './input.ts';
import type { RunId } from './names.ts';
import { liveRun } from './on-process.ts';
import { endAfterHook, endUnasked, endUnlaunched } from './run-end.ts';
import { isWantedUp } from './wanted.ts';
import { askToStop, beginStop, sendStopSignal } from './run-stop.ts';
import type { LiveState, StopCause } from './service-state.ts';

export function onHookFinished(draft: Draft, input: Extract<Input, { type: 'hook-finished' }>): void {
  const live = liveRun(draft, input.service, input.run);
  if (live === undefined) return;
  const { index, state } = live;
  const { service, run, hook, outcome } = input;
  draft.emit({ type: 'hook-finished', service, run, hook, outcome });
  switch (hook) {
    case 'pre_start':
      afterPreStart(draft, index, state, run, outcome);
      return;
    case 'post_start':
      if (outcome.kind === 'failed') beginStop(draft, index, 'hook-failed');
      return;
    case 'pre_stop':
      if (state.kind === 'stopping' && state.step === 'pre-stop') askToStop(draft, index);
      return;
    case 'post_stop':
      if (state.kind === 'stopping' && state.step === 'post-stop') endAfterHook(draft, index, state);
      return;
    case 'stop':
      // A stop command that does not do its work is followed by the signal, as in systemd; the grace period goes on.
      if (outcome.kind === 'failed' && state.kind === 'stopping') sendStopSignal(draft, index, state);
      return;
  }
}

function afterPreStart(
  draft: Draft,
  index: number,
  state: LiveState,
  run: RunId,
  { kind, detail }: CommandOutcome,
): void {
  if (state.kind !== 'starting' && state.kind !== 'stopping') return;
  if (state.process.kind !== 'preparing') return;
  const reason = { kind: 'hook', hook: 'pre_start', detail, exit: undefined } as const;
  const cause = causeToEnd(draft, index, state);
  if (cause !== undefined) endUnlaunched(draft, index, run, cause, reason);
  else if (kind === 'failed') endUnasked(draft, index, run, reason);
  else draft.do({ type: 'spawn', service: draft.spec(index).name, run, program: 'command' });
}

/** Its stop may have waited for dependents; there is nothing of it yet that would have to wait. */
function causeToEnd(draft: Draft, index: number, state: LiveState): StopCause | undefined {
  if (state.kind === 'stopping') return state.cause;
  const record = draft.record(index);
  if (!isWantedUp(draft.fleet, record)) return 'requested';
  return record.configured === 'outdated' ? 'reconfigured' : undefined;
}
