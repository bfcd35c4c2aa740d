// The part of evolve that changes the state of a live run: only events that name that run come here.
import type { ProbePurpose, ServiceEvent } from './event.ts';
import type { RunId } from './names.ts';
import type { HookName } from './service-spec.ts';
import type { LiveState, ProbeCounts, RunProcess, ServiceState, StoppingState } from './service-state.ts';

export type RunEvent = Extract<
  ServiceEvent,
  {
    type:
      | 'spawned'
      | 'looking'
      | 'attached'
      | 'started'
      | 'ready'
      | 'unready'
      | 'probe-failed'
      | 'probe-passed'
      | 'probe-recovered'
      | 'stopping'
      | 'kill-brought-forward'
      | 'timeout-extended'
      | 'killed'
      | 'hook-started'
      | 'hook-finished'
      | 'leader-changed'
      | 'exited'
      | 'reload-deferred'
      | 'reload-started'
      | 'reload-finished';
  }
>;

export const NO_COUNTS: ProbeCounts = { readinessSuccesses: 0, readinessFailures: 0, livenessFailures: 0 };

export function evolveRun(state: LiveState, event: RunEvent): ServiceState {
  switch (event.type) {
    case 'looking':
      return state.kind === 'starting'
        ? { ...state, process: { kind: 'looking', finding: event.finding } }
        : state;
    case 'spawned':
    case 'attached':
      if (state.kind !== 'starting' && state.kind !== 'stopping') return state;
      return { ...state, process: { kind: 'launched', pid: event.pid } };
    case 'started':
      return state.kind === 'starting' ? { ...state, startup: 'passed', lastProbeError: '' } : state;
    case 'ready':
      return becomeReady(state, event.run, event.atMs);
    case 'unready':
      return becomeUnready(state, event.reason);
    case 'probe-failed':
    case 'probe-passed':
    case 'probe-recovered':
      return state.kind === 'stopping' ? state : count(state, event);
    case 'leader-changed':
      return changeLeader(state, { kind: 'launched', pid: event.pid });
    case 'timeout-extended':
      return extend(state, event.untilMs);
    case 'reload-deferred':
      return state.kind === 'starting' ? { ...state, whenReady: 'reload' } : state;
    case 'reload-started':
      return state.kind === 'running' ? { ...state, reload: 'under-way' } : state;
    case 'reload-finished':
      return state.kind === 'running' ? { ...state, reload: 'none' } : state;
    case 'stopping':
      return becomeStopping(state, event);
    case 'hook-started':
      return startHook(state, event);
    case 'hook-finished':
      return finishHook(state, event.hook);
    case 'kill-brought-forward':
    case 'killed':
    case 'exited':
      return state.kind === 'stopping' ? evolveStop(state, event) : state;
  }
}

type StopEvent = Extract<RunEvent, { type: 'kill-brought-forward' | 'killed' | 'exited' }>;

function evolveStop(state: StoppingState, event: StopEvent): StoppingState {
  switch (event.type) {
    case 'kill-brought-forward':
      return { ...state, killAtMs: event.killAtMs };
    case 'killed':
      return { ...state, step: 'killed' };
    case 'exited':
      return { ...state, exit: event.exit };
  }
}

type AnswerEvent = Extract<RunEvent, { type: 'probe-failed' | 'probe-passed' | 'probe-recovered' }>;
type ProbedState = Exclude<LiveState, StoppingState>;

function count(state: ProbedState, event: AnswerEvent): ServiceState {
  switch (event.type) {
    case 'probe-failed': {
      const counts = countFailures(state.counts, event.purpose, event.failures);
      return state.kind === 'starting'
        ? { ...state, counts, lastProbeError: event.reason }
        : { ...state, counts };
    }
    case 'probe-passed':
      return {
        ...state,
        counts: { ...state.counts, readinessSuccesses: event.successes, readinessFailures: 0 },
      };
    case 'probe-recovered':
      return { ...state, counts: countFailures(state.counts, event.purpose, 0) };
  }
}

function countFailures(counts: ProbeCounts, purpose: ProbePurpose, failures: number): ProbeCounts {
  switch (purpose) {
    case 'startup':
      return counts;
    case 'readiness':
      return { ...counts, readinessFailures: failures, readinessSuccesses: 0 };
    case 'liveness':
      return { ...counts, livenessFailures: failures };
  }
}

function becomeReady(state: LiveState, run: RunId, atMs: number): ServiceState {
  if (state.kind !== 'starting' && state.kind !== 'unready') return state;
  const pid = pidOfRun(state);
  if (pid === undefined) return state;
  const counts = { ...state.counts, readinessSuccesses: 0, readinessFailures: 0 };
  return {
    kind: 'running',
    run,
    pid,
    startedAtMs: state.startedAtMs,
    readyAtMs: atMs,
    counts,
    reload: 'none',
  };
}

function pidOfRun(
  state: Exclude<LiveState, StoppingState>,
): Extract<RunProcess, { kind: 'launched' }>['pid'] | undefined {
  if (state.kind !== 'starting') return state.pid;
  return state.process.kind === 'launched' ? state.process.pid : undefined;
}

function becomeUnready(state: LiveState, reason: string): ServiceState {
  if (state.kind !== 'running') return state;
  const { run, pid, startedAtMs, counts } = state;
  return { kind: 'unready', run, pid, startedAtMs, reason, counts };
}

function changeLeader(state: LiveState, process: Extract<RunProcess, { kind: 'launched' }>): ServiceState {
  return state.kind === 'starting' || state.kind === 'stopping'
    ? { ...state, process }
    : { ...state, pid: process.pid };
}

function extend(state: LiveState, untilMs: number): ServiceState {
  if (state.kind === 'starting') return { ...state, extendedToMs: Math.max(state.extendedToMs, untilMs) };
  if (state.kind !== 'stopping') return state;
  return { ...state, killAtMs: Math.max(state.killAtMs, untilMs) };
}

function startHook(state: LiveState, { hook }: Extract<RunEvent, { type: 'hook-started' }>): ServiceState {
  if (state.kind === 'starting' && hook === 'pre_start') return { ...state, process: { kind: 'preparing' } };
  if (state.kind !== 'stopping') return state;
  if (hook === 'pre_stop') return { ...state, step: 'pre-stop' };
  if (hook === 'post_stop') return { ...state, step: 'post-stop' };
  return state;
}

function finishHook(state: LiveState, hook: HookName): ServiceState {
  if (state.kind === 'starting' && hook === 'pre_start') return { ...state, process: { kind: 'launching' } };
  if (state.kind === 'stopping' && state.step === 'pre-stop' && hook === 'pre_stop')
    return { ...state, step: 'asked' };
  return state;
}

function becomeStopping(state: LiveState, event: Extract<RunEvent, { type: 'stopping' }>): ServiceState {
  if (state.kind === 'stopping') return state;
  return {
    kind: 'stopping',
    run: state.run,
    process: state.kind === 'starting' ? state.process : { kind: 'launched', pid: state.pid },
    cause: event.cause,
    startedAtMs: state.startedAtMs,
    killAtMs: event.killAtMs,
    step: 'asked',
    exit: event.exit,
  };
}
