// Which timers must be armed follows from the state alone: the engine compares before and after and arms the difference.
// So a timer cannot leak, cannot outlive its run, and is there again after a re-exec.
import type { Fleet, Phase, ServiceRecord } from './fleet.ts';
import type { RunId } from './names.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { FleetTimerName, TimerName } from './timer-name.ts';

/** At most one timer of a service is armed at any time. `atMs` is monotonic. */
export type ServiceTimer = { readonly timer: TimerName; readonly run: RunId | 0; readonly atMs: number };
export type FleetTimer = { readonly timer: FleetTimerName; readonly atMs: number };

export function serviceTimer(spec: ServiceSpec, record: ServiceRecord): ServiceTimer | undefined {
  const state = record.state;
  switch (state.kind) {
    case 'starting':
      if (spec.startupTimeoutMs === 0) return undefined;
      return { timer: 'startup-timeout', run: state.run, atMs: state.startedAtMs + spec.startupTimeoutMs };
    case 'running':
      if (record.attempt === 0) return undefined;
      return { timer: 'backoff-reset', run: state.run, atMs: state.readyAtMs + spec.restart.resetAfterMs };
    case 'stopping':
      if (state.escalation === 'killed') return undefined;
      return { timer: 'kill', run: state.run, atMs: state.killAtMs };
    case 'backoff':
      return { timer: 'backoff', run: record.lastRun, atMs: state.untilMs };
    case 'unready':
    case 'stopped':
    case 'waiting':
    case 'completed':
    case 'failed':
    case 'skipped':
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
