// What Bosun will do by itself, and when: for one service, and for the container that is being stopped.
import type { Phase } from '../../core/fleet.ts';
import type { Due } from '../../core/schedule.ts';
import type { ServiceState } from '../../core/service-state.ts';
import type { ServicesView, ServiceView } from '../../wire/service-view.ts';

type NextView = NonNullable<ServiceView['next']>;

/** `nowMs` and the times of the state are monotonic. */
export function projectNext(state: ServiceState, nowMs: number): ServiceView['next'] {
  switch (state.kind) {
    case 'backoff':
      return nextAt('start', state.untilMs, nowMs);
    case 'scheduled':
      return projectDue(state.due, nowMs);
    case 'stopping':
      if (state.step === 'killed' || state.step === 'post-stop') return null;
      return nextAt('kill', state.killAtMs, nowMs);
    case 'stopped':
    case 'waiting':
    case 'starting':
    case 'running':
    case 'unready':
    case 'completed':
    case 'failed':
    case 'skipped':
      return null;
  }
}

function projectDue(due: Due, nowMs: number): ServiceView['next'] {
  switch (due.clock) {
    case 'never':
      return null;
    case 'monotonic':
      return nextAt('run', due.atMs, nowMs);
    case 'wall':
      return { action: 'run', in_ms: remaining(due.atMs, Date.now()), at: new Date(due.atMs).toISOString() };
  }
}

function nextAt(action: NextView['action'], atMs: number, nowMs: number): NextView {
  return { action, in_ms: remaining(atMs, nowMs), at: dateOf(atMs, nowMs) };
}

export function projectShutdown(phase: Phase, nowMs: number): ServicesView['shutdown'] {
  if (phase.kind !== 'stopping' && phase.kind !== 'sweeping') return null;
  return {
    exit_code: phase.exitCode,
    kill_in_ms: remaining(phase.killAtMs, nowMs),
    end_in_ms: remaining(phase.endAtMs, nowMs),
  };
}

function remaining(atMs: number, nowMs: number): number {
  return Math.max(0, Math.round(atMs - nowMs));
}

/** A moment of the monotonic clock as a date: RFC 3339. */
export function dateOf(atMs: number, nowMs: number): string {
  return new Date(Date.now() - (nowMs - atMs)).toISOString();
}
