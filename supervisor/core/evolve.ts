// evolve(state, event): the one place where the state changes. The engine and the control plane's views share it, so
// replaying the events gives the state (P10). It trusts its events: whether one may happen is decide's business.
import type { BosunEvent, FleetEvent, ServiceEvent } from './event.ts';
import { createFleet, reorder, type Fleet, type Phase, type ServiceRecord } from './fleet.ts';
import { evolveJobs } from './evolve-job.ts';
import { evolveRun, NO_COUNTS } from './evolve-run.ts';
import { isLive, type ServiceState } from './service-state.ts';
import { totalsAfter } from './service-totals.ts';
import { planShutdown } from './shutdown-plan.ts';

export function evolve(fleet: Fleet, event: BosunEvent): Fleet {
  if (event.type === 'signal-refused') return fleet;
  if (event.type === 'application-changed' || event.type === 'application-change-failed') return fleet;
  if ('service' in event) return evolveFleetService(fleet, event);
  if ('job' in event) return evolveJobs(fleet, event);
  switch (event.type) {
    case 'booted':
      return { ...createFleet(event.services, event.nextJob), phase: { kind: 'up' } };
    case 'configured':
      return { ...fleet, services: reorder(fleet.services, event) };
    case 'plane-failed':
    case 'plane-restarted':
    case 'logs-failed':
    case 'logs-restarted':
    case 'log-store-failed':
    case 'log-store-recovered':
    case 'log-trouble':
    case 'survivors-found':
    case 'call-failed':
    case 'upgraded':
    case 'upgrade-failed':
    case 'recovered':
    case 'access-refused':
    case 'key-changed':
    case 'certificates-reloaded':
    case 'listener-failed':
    case 'journal-failed':
    case 'journal-recovered':
    case 'journal-set-aside':
    case 'views-rebuilt':
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
  const totals = totalsAfter(record.totals, record.state, event);
  const services = fleet.services.with(index, evolveRecord({ ...record, totals }, event));
  if (event.type !== 'starting' && event.type !== 'going-down') return { ...fleet, services };
  return { ...fleet, services, nextRun: event.run + 1 };
}

function evolvePhase(phase: Phase, event: Exclude<FleetEvent, { type: 'booted' | 'configured' }>): Phase {
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
        statusText: '',
        degraded: [],
        state: evolveState(record.state, event),
      };
    case 'going-down':
      return { ...record, lastRun: event.run, state: evolveState(record.state, event) };
    case 'spawned':
    case 'attached':
      return { ...record, degraded: event.degraded, state: evolveState(record.state, event) };
    case 'status-told':
      return record.lastRun === event.run ? { ...record, statusText: event.text } : record;
    case 'exited':
      return { ...record, lastExit: event.exit, state: evolveState(record.state, event) };
    case 'backing-off':
      return { ...countRestart(record, event), state: evolveState(record.state, event) };
    case 'backoff-reset':
      return { ...record, attempt: 0, recentRestartsMs: [] };
    case 'skipped':
    case 'waiting':
    case 'scheduled':
    case 'spawn-failed':
    case 'looking':
    case 'detached':
    case 'started':
    case 'ready':
    case 'unready':
    case 'probe-failed':
    case 'probe-passed':
    case 'probe-recovered':
    case 'stopping':
    case 'kill-brought-forward':
    case 'timeout-extended':
    case 'killed':
    case 'hook-started':
    case 'hook-finished':
    case 'strays-found':
    case 'leader-changed':
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

type StateEvent = Exclude<ServiceEvent, { type: 'wanted' | 'backoff-reset' | 'status-told' }>;

function evolveState(state: ServiceState, event: StateEvent): ServiceState {
  switch (event.type) {
    case 'skipped':
      return { kind: 'skipped', reason: event.reason };
    case 'waiting':
      return { kind: 'waiting' };
    case 'scheduled':
      return { kind: 'scheduled', due: event.due };
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
      return beginRun(event);
    case 'going-down':
      return beginDown(event);
    case 'spawn-failed':
    case 'detached':
    case 'signalled':
    case 'strays-found':
      return state;
    case 'spawned':
    case 'looking':
    case 'attached':
    case 'started':
    case 'ready':
    case 'unready':
    case 'probe-failed':
    case 'probe-passed':
    case 'probe-recovered':
    case 'stopping':
    case 'kill-brought-forward':
    case 'timeout-extended':
    case 'killed':
    case 'hook-started':
    case 'hook-finished':
    case 'leader-changed':
    case 'exited':
    case 'reload-deferred':
    case 'reload-started':
    case 'reload-finished':
      return isLive(state) && state.run === event.run ? evolveRun(state, event) : state;
  }
}

type EventOf<Type extends ServiceEvent['type']> = Extract<ServiceEvent, { type: Type }>;

function countRestart(record: ServiceRecord, event: EventOf<'backing-off'>): ServiceRecord {
  return {
    ...record,
    attempt: record.attempt + 1,
    restarts: record.restarts + 1,
    recentRestartsMs: [...record.recentRestartsMs, event.atMs].slice(-event.keepRestarts),
  };
}

function beginRun({ run, atMs }: EventOf<'starting'>): ServiceState {
  return {
    kind: 'starting',
    run,
    process: { kind: 'launching' },
    startedAtMs: atMs,
    startup: 'pending',
    extendedToMs: 0,
    lastProbeError: '',
    counts: NO_COUNTS,
    whenReady: 'nothing',
  };
}

function beginDown({ run, cause, atMs, killAtMs }: EventOf<'going-down'>): ServiceState {
  return {
    kind: 'stopping',
    run,
    process: { kind: 'launching' },
    cause,
    startedAtMs: atMs,
    killAtMs,
    step: 'down',
    exit: undefined,
  };
}
