// The end of the container: begins it, hastens it, and finishes it when nothing is left. The order in which services are
// asked to stop is settle's business; the arithmetic of the budget is in shutdown-plan.ts.
import type { Draft } from './draft.ts';
import type { ShutdownReason } from './event.ts';
import type { FleetTimerName } from './timer-name.ts';
import { kill } from './run-stop.ts';
import { isLiveJob } from './job.ts';
import { killJobs, stopJobsForShutdown } from './job-stop.ts';
import { flushReserveMs } from './shutdown-plan.ts';
import { isAtWork } from './oneshot-down.ts';

/** Strays get this long after SIGTERM, if the budget has it. */
const SWEEP_GRACE_MS = 1000;
const SWEEP_MIN_GRACE_MS = 100;

/** The first reason counts: what ends while the container is being stopped does not change its exit code. */
export function startShutdown(draft: Draft, reason: ShutdownReason, exitCode: number): void {
  if (draft.fleet.phase.kind !== 'up') return;
  draft.emit({
    type: 'shutdown-started',
    reason,
    exitCode,
    atMs: draft.moment.nowMs,
    budgetMs: draft.model.spec.shutdownBudgetMs,
  });
}

/** A second request: every remaining grace period is over. */
export function hastenShutdown(draft: Draft): void {
  const { phase } = draft.fleet;
  if (phase.kind === 'stopping' && phase.killAtMs > draft.moment.nowMs) {
    draft.emit({ type: 'shutdown-hastened', atMs: draft.moment.nowMs });
    killStopping(draft);
  } else if (phase.kind === 'sweeping') {
    killStrays(draft);
  }
}

export function onFleetTimer(draft: Draft, timer: FleetTimerName): void {
  const { phase } = draft.fleet;
  if (phase.kind !== 'stopping' && phase.kind !== 'sweeping') return;
  switch (timer) {
    case 'order':
      if (phase.kind === 'stopping') draft.emit({ type: 'shutdown-order-dropped' });
      return;
    case 'kill':
      if (phase.kind === 'stopping') killStopping(draft);
      return;
    case 'sweep-kill':
      killStrays(draft);
      return;
    case 'end':
      finish(draft, phase);
      return;
  }
}

/** Called after every decision: goes on to the next phase when this one has nothing left to wait for. */
export function advanceShutdown(draft: Draft): void {
  const { phase, services } = draft.fleet;
  if (phase.kind !== 'stopping') return;
  stopJobsForShutdown(draft);
  if (services.some((record, index) => isAtWork(draft.spec(index), record.state))) return;
  if (draft.fleet.jobs.some(isLiveJob)) return;
  const { nowMs } = draft.moment;
  const latestMs = Math.max(phase.killAtMs, nowMs + SWEEP_MIN_GRACE_MS);
  draft.emit({ type: 'sweep-started', killAtMs: Math.min(nowMs + SWEEP_GRACE_MS, latestMs) });
  draft.do({ type: 'sweep', signal: 'SIGTERM' });
}

export function onSwept(draft: Draft): void {
  const { phase } = draft.fleet;
  if (phase.kind === 'sweeping') finish(draft, phase);
}

function finish(draft: Draft, phase: { readonly exitCode: number; readonly endAtMs: number }): void {
  draft.emit({ type: 'shutdown-finished', exitCode: phase.exitCode });
  const byMs = phase.endAtMs + flushReserveMs(draft.model.spec.shutdownBudgetMs);
  draft.do({ type: 'exit', code: phase.exitCode, byMs });
}

function killStrays(draft: Draft): void {
  const { phase } = draft.fleet;
  if (phase.kind !== 'sweeping' || phase.step === 'killed') return;
  draft.emit({ type: 'sweep-killed' });
  draft.do({ type: 'sweep', signal: 'SIGKILL' });
}

/** Those that have been asked; what has not been is asked by settle, which finds no grace left and kills at once. */
function killStopping(draft: Draft): void {
  for (const [index, { state }] of draft.fleet.services.entries())
    if (state.kind === 'stopping' && state.step !== 'killed') kill(draft, index, state);
  killJobs(draft);
}
