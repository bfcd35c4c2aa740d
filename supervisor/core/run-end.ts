// What follows when a run is gone, its whole process group with it: stopped, another run, or the end of the service
// and perhaps of the container.
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import { finalExitCode, judgeEnd } from './restart-policy.ts';
import type { EndReason, StopCause } from './service-state.ts';
import type { RunId } from './names.ts';
import { startShutdown } from './shutdown.ts';
import { isWantedUp } from './wanted.ts';

export function endRun(draft: Draft, index: number, run: RunId, cause: StopCause, exit: ExitStatus): void {
  switch (cause) {
    case 'requested':
    case 'shutdown':
      // Wanted up again meanwhile: settle starts it anew.
      draft.emit({ type: 'stopped', service: draft.record(index).name, run });
      return;
    case 'restart':
    case 'dependency-restarted':
      startAgain(draft, index);
      return;
    case 'startup-timeout':
      endUnasked(draft, index, run, { kind: 'startup-timeout', exit });
      return;
    case 'liveness-failed':
      endUnasked(draft, index, run, { kind: 'liveness', exit });
      return;
    case 'leader-exited':
      endUnasked(draft, index, run, { kind: 'exit', exit });
      return;
  }
}

/** A run that never had a process: there is no exit status. */
export function endUnlaunched(draft: Draft, index: number, run: RunId, cause: StopCause): void {
  if (cause === 'restart' || cause === 'dependency-restarted') startAgain(draft, index);
  else draft.emit({ type: 'stopped', service: draft.record(index).name, run });
}

/** Without back-off. If it is not wanted any more, settle makes it stopped. */
function startAgain(draft: Draft, index: number): void {
  draft.emit({ type: 'waiting', service: draft.record(index).name });
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
