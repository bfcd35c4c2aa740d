// evolve(state, event): the one place where the state changes. The engine and the control plane's views share it, so
// replaying the events gives the state (P10). It trusts its events: whether one may happen is decide's business.
import type { BosunEvent, FleetEvent, ProbePurpose, ServiceEvent } from './event.ts';
import { createFleet, type Fleet, type Phase, type ServiceRecord } from './fleet.ts';
import type { RunId } from './names.ts';
import { isLive, type LiveState, type ServiceState } from './service-state.ts';
import { planShutdown } from './shutdown-plan.ts';

export function evolve(fleet: Fleet, event: BosunEvent): Fleet {
  if ('service' in event) return evolveFleetService(fleet, event);
  switch (event.type) {
    case 'booted':
      return { ...createFleet(event.services), phase: { kind: 'up' } };
    case 'plane-failed':
    case 'plane-restarted':
      return fleet;
    case 'shutdown-started':
    case 'shutdown-hastened':
    case 'shutdown-order-dropped':
    case 'sweep-started':
    case 'sweep-killed':
    case 'shutdown-finished':
      return { ...fleet, phase: evolvePhase(fleet.phase, event) };
  }
}

function evolveFleetService(fleet: Fleet, event: ServiceEvent): Fleet {
  const index = fleet.services.findIndex((record) => record.name === event.service);
  const record = fleet.services[index];
  if (record === undefined) return fleet;
  const services = fleet.services.with(index, evolveRecord(record, event));
  if (event.type !== 'starting') return { ...fleet, services };
  return { ...fleet, services, nextRun: event.run + 1 };
}

function evolvePhase(phase: Phase, event: Exclude<FleetEvent, { type: 'booted' }>): Phase {
  switch (event.type) {
    case 'shutdown-started':
      return { kind: 'stopping', exitCode: event.exitCode, ...planShutdown(event.atMs, event.budgetMs) };
    case 'shutdown-hastened':
      return phase.kind === 'stopping' ? { ...phase, order: 'dropped', killAtMs: event.atMs } : phase;
    case 'shutdown-order-dropped':
      return phase.kind === 'stopping' ? { ...phase, order: 'dropped' } : phase;
    case 'sweep-started':
      if (phase.kind !== 'stopping') return phase;
      return {
        kind: 'sweeping',
        exitCode: phase.exitCode,
        step: 'asked',
        killAtMs: event.killAtMs,
        endAtMs: phase.endAtMs,
      };
    case 'sweep-killed':
      return phase.kind === 'sweeping' ? { ...phase, step: 'killed' } : phase;
    case 'shutdown-finished':
      return { kind: 'ended', exitCode: event.exitCode };
  }
}

function evolveRecord(record: ServiceRecord, event: ServiceEvent): ServiceRecord {
  switch (event.type) {
    case 'wanted':
      // Whoever asks for a service anew gets its back-off from the start.
      return { ...record, wanted: event.wanted, attempt: 0, recentRestartsMs: [] };
    case 'starting':
      return {
        ...record,
        lastRun: event.run,
        starts: record.starts + 1,
        state: evolveState(record.state, event),
      };
    case 'exited':
      return { ...record, lastExit: event.exit, state: evolveState(record.state, event) };
    case 'backing-off':
      return {
        ...record,
        attempt: record.attempt + 1,
        restarts: record.restarts + 1,
        recentRestartsMs: [...record.recentRestartsMs, event.atMs].slice(-event.keepRestarts),
        state: evolveState(record.state, event),
      };
    case 'backoff-reset':
      return { ...record, attempt: 0, recentRestartsMs: [] };
    case 'skipped':
    case 'waiting':
    case 'spawned':
    case 'spawn-failed':
    case 'ready':
    case 'unready':
    case 'probe-failed':
    case 'probe-recovered':
    case 'stopping':
    case 'kill-brought-forward':
    case 'killed':
    case 'stopped':
    case 'completed':
    case 'failed':
    case 'signalled':
    case 'reload-deferred':
    case 'reload-started':
    case 'reload-finished':
      return { ...record, state: evolveState(record.state, event) };
  }
}

type StateEvent = Exclude<ServiceEvent, { type: 'wanted' | 'backoff-reset' }>;

function evolveState(state: ServiceState, event: StateEvent): ServiceState {
  switch (event.type) {
    case 'skipped':
      return { kind: 'skipped', reason: event.reason };
    case 'waiting':
      return { kind: 'waiting' };
    case 'stopped':
      return { kind: 'stopped' };
    case 'completed':
      return { kind: 'completed', exit: event.exit };
    case 'failed':
      return { kind: 'failed', reason: event.reason };
    case 'backing-off':
      return {
        kind: 'backoff',
        reason: event.reason,
        delayMs: event.delayMs,
        untilMs: event.atMs + event.delayMs,
      };
    case 'starting':
      return {
        kind: 'starting',
        run: event.run,
        process: { kind: 'launching' },
        startedAtMs: event.atMs,
        lastProbeError: '',
        whenReady: 'nothing',
      };
    case 'spawn-failed':
    case 'signalled':
    case 'reload-started':
    case 'reload-finished':
      return state;
    case 'spawned':
    case 'ready':
    case 'unready':
    case 'probe-failed':
    case 'probe-recovered':
    case 'stopping':
    case 'kill-brought-forward':
    case 'killed':
    case 'exited':
    case 'reload-deferred':
      return isLive(state) && state.run === event.run ? evolveRun(state, event) : state;
  }
}

type RunEvent = Extract<
  ServiceEvent,
  {
    type:
      | 'spawned'
      | 'ready'
      | 'unready'
      | 'probe-failed'
      | 'probe-recovered'
      | 'stopping'
      | 'kill-brought-forward'
      | 'killed'
      | 'exited'
      | 'reload-deferred';
  }
>;

const NO_FAILURES = { readiness: 0, liveness: 0 } as const;

function evolveRun(state: LiveState, event: RunEvent): ServiceState {
  switch (event.type) {
    case 'spawned':
      if (state.kind !== 'starting' && state.kind !== 'stopping') return state;
      return { ...state, process: { kind: 'launched', pid: event.pid } };
    case 'ready':
      return becomeReady(state, event.run, event.atMs);
    case 'unready':
      if (state.kind !== 'running') return state;
      return {
        kind: 'unready',
        run: state.run,
        pid: state.pid,
        startedAtMs: state.startedAtMs,
        reason: event.reason,
        failures: state.failures,
      };
    case 'probe-failed':
      if (state.kind === 'starting') return { ...state, lastProbeError: event.reason };
      return countFailures(state, event.purpose, event.failures);
    case 'probe-recovered':
      return countFailures(state, event.purpose, 0);
    case 'stopping':
      return becomeStopping(state, event);
    case 'kill-brought-forward':
      return state.kind === 'stopping' ? { ...state, killAtMs: event.killAtMs } : state;
    case 'killed':
      return state.kind === 'stopping' ? { ...state, escalation: 'killed' } : state;
    case 'exited':
      return state.kind === 'stopping' ? { ...state, exit: event.exit } : state;
    case 'reload-deferred':
      return state.kind === 'starting' ? { ...state, whenReady: 'reload' } : state;
  }
}

function countFailures(state: LiveState, purpose: ProbePurpose, failures: number): ServiceState {
  if (state.kind !== 'running' && state.kind !== 'unready') return state;
  return { ...state, failures: { ...state.failures, [purpose]: failures } };
}

function becomeReady(state: LiveState, run: RunId, atMs: number): ServiceState {
  if (state.kind === 'starting') {
    if (state.process.kind !== 'launched') return state;
    const { startedAtMs, process } = state;
    return { kind: 'running', run, pid: process.pid, startedAtMs, readyAtMs: atMs, failures: NO_FAILURES };
  }
  if (state.kind !== 'unready') return state;
  const { pid, startedAtMs, failures } = state;
  return { kind: 'running', run, pid, startedAtMs, readyAtMs: atMs, failures: { ...failures, readiness: 0 } };
}

function becomeStopping(state: LiveState, event: Extract<RunEvent, { type: 'stopping' }>): ServiceState {
  if (state.kind === 'stopping') return { ...state, cause: event.cause, killAtMs: event.killAtMs };
  return {
    kind: 'stopping',
    run: state.run,
    process: state.kind === 'starting' ? state.process : { kind: 'launched', pid: state.pid },
    cause: event.cause,
    startedAtMs: state.startedAtMs,
    killAtMs: event.killAtMs,
    escalation: 'asked',
    exit: event.exit,
  };
}
