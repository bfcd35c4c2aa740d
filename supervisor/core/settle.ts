// Propagation: after every event each service near it is looked at until nothing more follows. One service, one step:
// what it does next depends on its own state, on what is wanted, and on its neighbours, and on nothing else.
import { judgeDependency } from './dependency-verdict.ts';
import type { Draft } from './draft.ts';
import type { RunId } from './names.ts';
import { beginStop, killTime } from './run-stop.ts';
import { isLive, type LiveState, type StoppingState } from './service-state.ts';
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
      if (wantedUp) draft.emit({ type: 'waiting', service });
      return;
    case 'waiting':
      if (!wantedUp) draft.emit({ type: 'stopped', service, run: 0 });
      else if (dependenciesMet(draft, index)) startRun(draft, index);
      return;
    case 'backoff':
      if (!wantedUp) draft.emit({ type: 'stopped', service, run: 0 });
      return;
    case 'starting':
    case 'running':
    case 'unready':
      if (!wantedUp) stopAfterDependents(draft, index);
      else if (followsRestart(draft, index, state)) beginStop(draft, index, 'dependency-restarted');
      return;
    case 'stopping':
      bringKillForward(draft, index, state);
      return;
    case 'completed':
    case 'failed':
    case 'skipped':
      return;
  }
}

function startRun(draft: Draft, index: number): void {
  const service = draft.record(index).name;
  const run = draft.fleet.nextRun as RunId;
  draft.emit({ type: 'starting', service, run, atMs: draft.moment.nowMs });
  draft.do({ type: 'spawn', service, run });
}

function dependenciesMet(draft: Draft, index: number): boolean {
  return (draft.model.graph.dependencies[index] ?? []).every(
    (edge) => judgeDependency(edge.dependency, draft.record(edge.index)) === 'met',
  );
}

/** Promise P3: those that need it go first, unless the shutdown has no more time for the order. */
function stopAfterDependents(draft: Draft, index: number): void {
  const { phase } = draft.fleet;
  const ordered = phase.kind !== 'stopping' || phase.order === 'reverse';
  if (ordered && hasLeavingDependent(draft, index)) return;
  beginStop(draft, index, phase.kind === 'stopping' ? 'shutdown' : 'requested');
}

function hasLeavingDependent(draft: Draft, index: number): boolean {
  return (draft.model.graph.dependents[index] ?? []).some((dependent) => {
    const record = draft.record(dependent);
    return isLive(record.state) && !isWantedUp(draft.fleet, record);
  });
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
  if (phase.kind !== 'stopping' || state.escalation === 'killed' || state.killAtMs <= phase.killAtMs) return;
  draft.emit({
    type: 'kill-brought-forward',
    service: draft.record(index).name,
    run: state.run,
    killAtMs: Math.min(state.killAtMs, killTime(draft, index)),
  });
}
