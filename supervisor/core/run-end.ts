// What follows when a run is gone, its whole process group with it: stopped, another run, or the end of the service
// and perhaps of the container.
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import { finalExitCode, judgeEnd } from './restart-policy.ts';
import { startHook } from './hook.ts';
import { killTime } from './run-stop.ts';
import { scheduleNext } from './timer-schedule.ts';
import { isLive, type EndReason, type StopCause, type StoppingState } from './service-state.ts';
import type { RunId } from './names.ts';
import { startShutdown } from './shutdown.ts';
import { isWantedUp } from './wanted.ts';

/** Every process of the run is gone: the hook after the stop first, if there is one and time for it. */
export function runGone(draft: Draft, index: number, run: RunId, cause: StopCause, exit: ExitStatus): void {
  if (!hasTimeForHook(draft, index)) {
    endRun(draft, index, run, cause, exit);
    return;
  }
  const { name: service, state } = draft.record(index);
  if (isLive(state) && state.kind !== 'stopping')
    draft.emit({ type: 'stopping', service, run, cause, killAtMs: killTime(draft, index, cause), exit });
  startHook(draft, index, run, 'post_stop', exit);
}

function hasTimeForHook(draft: Draft, index: number): boolean {
  const { state } = draft.record(index);
  if (draft.spec(index).hooks.post_stop === undefined) return false;
  // What undoes a completed oneshot is not a run of the service.
  if (state.kind === 'stopping' && state.step === 'down') return false;
  const { phase } = draft.fleet;
  return phase.kind !== 'stopping' || phase.killAtMs > draft.moment.nowMs;
}

export function endAfterHook(draft: Draft, index: number, state: StoppingState): void {
  if (state.exit !== undefined) endRun(draft, index, state.run, state.cause, state.exit);
}

function endRun(draft: Draft, index: number, run: RunId, cause: StopCause, exit: ExitStatus): void {
  endByCause(draft, index, run, cause, reasonOf(cause, exit));
}

/** What it counts as when nobody wanted it to end. */
function reasonOf(cause: StopCause, exit: ExitStatus): EndReason {
  switch (cause) {
    case 'startup-timeout':
      return { kind: 'startup-timeout', exit };
    case 'liveness-failed':
      return { kind: 'liveness', exit };
    case 'hook-failed':
      return { kind: 'hook', hook: 'post_start', detail: '', exit };
    case 'leader-exited':
    case 'requested':
    case 'shutdown':
    case 'restart':
    case 'dependency-restarted':
    case 'reconfigured':
      return { kind: 'exit', exit };
  }
}

/** A run without an exit status: it never had a process, or one that lives on. There is only the reason. */
export function endUnlaunched(
  draft: Draft,
  index: number,
  run: RunId,
  cause: StopCause,
  reason: EndReason,
): void {
  endByCause(draft, index, run, cause, reason);
}

function endByCause(draft: Draft, index: number, run: RunId, cause: StopCause, reason: EndReason): void {
  switch (cause) {
    case 'requested':
    case 'shutdown':
      // Wanted up again meanwhile: settle starts it anew.
      draft.emit({ type: 'stopped', service: draft.record(index).name, run });
      return;
    case 'restart':
    case 'dependency-restarted':
    case 'reconfigured':
      // Without back-off. If it is not wanted any more, settle makes it stopped.
      draft.emit({ type: 'waiting', service: draft.record(index).name });
      return;
    case 'startup-timeout':
    case 'liveness-failed':
    case 'hook-failed':
    case 'leader-exited':
      endUnasked(draft, index, run, reason);
      return;
  }
}

export function endUnasked(draft: Draft, index: number, run: RunId, reason: EndReason): void {
  const record = draft.record(index);
  const spec = draft.spec(index);
  const endsContainer = spec.importance === 'main' && reason.kind === 'exit';
  // The operator's stop comes first, also when it was still waiting for dependents.
  if (record.wanted === 'down' || (!endsContainer && !isWantedUp(draft.fleet, record))) {
    draft.emit({ type: 'stopped', service: record.name, run });
    return;
  }
  const verdict = judgeEnd(endsContainer ? neverRestarted(spec) : spec, record, reason, draft.moment);
  if (spec.type === 'timer' && verdict.kind !== 'restart') {
    scheduleNext(draft, index);
    return;
  }
  switch (verdict.kind) {
    case 'restart':
      backOff(draft, index, run, reason, verdict.delayMs);
      return;
    case 'complete':
      if (reason.kind === 'exit')
        draft.emit({ type: 'completed', service: record.name, run, exit: reason.exit });
      break;
    case 'give-up':
      draft.emit({ type: 'failed', service: record.name, run, reason });
      break;
  }
  propagateEnd(draft, index, reason, verdict.kind);
}

/** Any exit of the main service is its last: its policy is for runs that did not come to an exit of their own. */
function neverRestarted<Spec extends { restart: { policy: string } }>(spec: Spec): Spec {
  return { ...spec, restart: { ...spec.restart, policy: 'never' } };
}

function backOff(draft: Draft, index: number, run: RunId, reason: EndReason, delayMs: number): void {
  draft.emit({
    type: 'backing-off',
    service: draft.record(index).name,
    run,
    reason,
    delayMs,
    atMs: draft.moment.nowMs,
    keepRestarts: Math.max(1, draft.spec(index).restart.burst.count),
  });
}

function propagateEnd(draft: Draft, index: number, reason: EndReason, verdict: 'complete' | 'give-up'): void {
  const spec = draft.spec(index);
  if (spec.importance === 'main') {
    startShutdown(draft, { kind: 'main-ended', service: spec.name }, finalExitCode(reason, verdict));
  } else if (spec.importance === 'essential' && verdict === 'give-up') {
    startShutdown(draft, { kind: 'essential-failed', service: spec.name }, finalExitCode(reason, verdict));
  }
}
