// Which timers must be armed follows from the state alone: the engine compares before and after and arms the difference.
// So a timer cannot leak, cannot outlive its run, and is there again after a re-exec.
import type { Fleet, Phase, ServiceRecord } from './fleet.ts';
import type { JobRecord } from './job.ts';
import type { RunId } from './names.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { StartingState } from './service-state.ts';
import { awaitsStart } from './started.ts';
import type { FleetTimerName, TimerName } from './timer-name.ts';

/** At most one timer of a service is armed at any time. `wall`: `atMs` is a moment of the calendar, not of the monotonic clock. */
export type ServiceTimer = {
  readonly timer: TimerName;
  readonly run: RunId | 0;
  readonly clock: 'monotonic' | 'wall';
  readonly atMs: number;
};
export type FleetTimer = { readonly timer: FleetTimerName; readonly atMs: number };

export function serviceTimer(spec: ServiceSpec, record: ServiceRecord): ServiceTimer | undefined {
  const state = record.state;
  switch (state.kind) {
    case 'starting':
      return startupTimer(spec, state);
    case 'running':
      if (record.attempt === 0) return undefined;
      return monotonic('backoff-reset', state.run, state.readyAtMs + spec.restart.resetAfterMs);
    case 'stopping':
      // A hook after the end has a time limit of its own.
      if (state.step === 'killed' || state.step === 'post-stop') return undefined;
      return monotonic('kill', state.run, state.killAtMs);
    case 'backoff':
      return monotonic('backoff', record.lastRun, state.untilMs);
    case 'scheduled':
      if (state.due.clock === 'never') return undefined;
      return { timer: 'schedule', run: record.lastRun, ...state.due };
    case 'unready':
    case 'stopped':
    case 'waiting':
    case 'completed':
    case 'failed':
    case 'skipped':
      return undefined;
  }
}

function startupTimer(spec: ServiceSpec, state: StartingState): ServiceTimer | undefined {
  if (spec.startupTimeoutMs === 0 || !awaitsStart(spec, state)) return undefined;
  const atMs = Math.max(state.startedAtMs + spec.startupTimeoutMs, state.extendedToMs);
  return monotonic('startup-timeout', state.run, atMs);
}

function monotonic(timer: TimerName, run: RunId | 0, atMs: number): ServiceTimer {
  return { timer, run, clock: 'monotonic', atMs };
}

/** The deadline of a job that runs, or the next signal for one that is being stopped; monotonic. */
export function jobTimerAtMs({ state }: JobRecord): number | undefined {
  switch (state.kind) {
    case 'running':
      return state.deadlineMs === 0 ? undefined : state.deadlineMs;
    case 'stopping':
      return state.signal === 'SIGKILL' ? undefined : state.nextAtMs;
    case 'starting':
    case 'ended':
      return undefined;
  }
}

export function fleetTimers(fleet: Fleet): readonly FleetTimer[] {
  return phaseTimers(fleet.phase);
}

function phaseTimers(phase: Phase): readonly FleetTimer[] {
  switch (phase.kind) {
    case 'stopping': {
      const order = phase.order === 'reverse' ? [{ timer: 'order' as const, atMs: phase.orderUntilMs }] : [];
      return [...order, { timer: 'kill', atMs: phase.killAtMs }, { timer: 'end', atMs: phase.endAtMs }];
    }
    case 'sweeping': {
      const kill = phase.step === 'asked' ? [{ timer: 'sweep-kill' as const, atMs: phase.killAtMs }] : [];
      return [...kill, { timer: 'end', atMs: phase.endAtMs }];
    }
    case 'created':
    case 'up':
    case 'ended':
      return [];
  }
}
