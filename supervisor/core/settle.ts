// Propagation: after every event each service near it is looked at until nothing more follows. One service, one step:
// what it does next depends on its own state, on what is wanted, and on its neighbours, and on nothing else.
import { judgeDependency } from './dependency-verdict.ts';
import type { Draft } from './draft.ts';
import type { RunId } from './names.ts';
import { leavingDependents } from './leaving.ts';
import { goDown } from './oneshot-down.ts';
import { startHook } from './hook.ts';
import { beginEnd, releaseLate } from './release.ts';
import type { LiveState, StopCause, StoppingState } from './service-state.ts';
import { scheduleNext } from './timer-schedule.ts';
import { isWantedUp } from './wanted.ts';

export function settle(draft: Draft): void {
  for (const index of draft.unsettled) {
    // Deleted before the step, so that what the step marks anew, itself included, is visited again by this loop.
    draft.unsettled.delete(index);
    settleService(draft, index);
  }
}

function settleService(draft: Draft, index: number): void {
  const { name: service, state } = draft.record(index);
  const wantedUp = isWantedUp(draft.fleet, draft.record(index));
  switch (state.kind) {
    case 'stopped':
      settleStopped(draft, index, wantedUp);
      return;
    case 'waiting':
      settleWaiting(draft, index, wantedUp);
      return;
    case 'backoff':
    case 'scheduled':
      if (!wantedUp) draft.emit({ type: 'stopped', service, run: 0 });
      return;
    case 'starting':
    case 'running':
    case 'unready':
      if (!wantedUp) stopAfterDependents(draft, index, causeOfStop(draft));
      else if (draft.record(index).configured === 'outdated')
        stopAfterDependents(draft, index, 'reconfigured');
      else if (followsRestart(draft, index, state)) beginEnd(draft, index, 'dependency-restarted');
      return;
    case 'stopping':
      if (releaseLate(draft, index, state) === 'kept') bringKillForward(draft, index, state);
      return;
    case 'completed':
      if (!wantedUp) goDownAfterDependents(draft, index, causeOfStop(draft));
      else if (draft.record(index).configured === 'outdated')
        goDownAfterDependents(draft, index, 'reconfigured');
      return;
    case 'skipped':
      if (draft.spec(index).eligibility.kind === 'eligible') draft.emit({ type: 'waiting', service });
      return;
    case 'failed':
      return;
  }
}

function settleStopped(draft: Draft, index: number, wantedUp: boolean): void {
  const { name: service, type, eligibility } = draft.spec(index);
  if (eligibility.kind === 'skipped') draft.emit({ type: 'skipped', service, reason: eligibility.reason });
  else if (!wantedUp) return;
  else if (type === 'timer') scheduleNext(draft, index);
  else draft.emit({ type: 'waiting', service });
}

function settleWaiting(draft: Draft, index: number, wantedUp: boolean): void {
  const { name: service, eligibility } = draft.spec(index);
  if (!wantedUp) draft.emit({ type: 'stopped', service, run: 0 });
  else if (draft.record(index).configured === 'outdated') return;
  else if (eligibility.kind === 'skipped')
    draft.emit({ type: 'skipped', service, reason: eligibility.reason });
  else if (dependenciesMet(draft, index)) startRun(draft, index);
}

function causeOfStop(draft: Draft): 'shutdown' | 'requested' {
  return draft.fleet.phase.kind === 'stopping' ? 'shutdown' : 'requested';
}

function startRun(draft: Draft, index: number): void {
  const service = draft.record(index).name;
  const run = draft.fleet.nextRun as RunId;
  draft.emit({ type: 'starting', service, run, atMs: draft.moment.nowMs });
  if (draft.spec(index).type === 'attached') {
    draft.emit({ type: 'looking', service, run, finding: '' });
    draft.do({ type: 'attach', service, run });
    return;
  }
  if (startHook(draft, index, run, 'pre_start') === 'absent')
    draft.do({ type: 'spawn', service, run, program: 'command' });
}

function dependenciesMet(draft: Draft, index: number): boolean {
  return (draft.model.graph.dependencies[index] ?? []).every(
    (edge) => judgeDependency(edge.dependency, draft.record(edge.index)) === 'met',
  );
}

function stopAfterDependents(draft: Draft, index: number, cause: StopCause): void {
  if (!waitsForDependents(draft, index)) beginEnd(draft, index, cause);
}

function goDownAfterDependents(draft: Draft, index: number, cause: StopCause): void {
  if (!waitsForDependents(draft, index)) goDown(draft, index, cause);
}

/** Promise P3: those that need it go first, unless the shutdown has no more time for the order. */
function waitsForDependents(draft: Draft, index: number): boolean {
  const { phase } = draft.fleet;
  const ordered = phase.kind !== 'stopping' || phase.order === 'reverse';
  return ordered && leavingDependents(draft.model, draft.fleet, index).length > 0;
}

/** A dependency with `restart: true` has had a new run since this one began, and is there again. */
function followsRestart(draft: Draft, index: number, state: LiveState): boolean {
  return (draft.model.graph.dependencies[index] ?? []).some(({ index: on, dependency }) => {
    const record = draft.record(on);
    return (
      dependency.onRestart === 'follow' &&
      record.lastRun > state.run &&
      judgeDependency(dependency, record) === 'met'
    );
  });
}

/** A stop that began before the shutdown may not outlast its budget. */
function bringKillForward(draft: Draft, index: number, state: StoppingState): void {
  const { phase } = draft.fleet;
  if (phase.kind !== 'stopping' || state.step === 'killed' || state.step === 'post-stop') return;
  if (state.killAtMs <= phase.killAtMs) return;
  draft.emit({
    type: 'kill-brought-forward',
    service: draft.record(index).name,
    run: state.run,
    killAtMs: phase.killAtMs,
  });
}
