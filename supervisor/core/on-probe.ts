// What the probes' answers mean, by Kubernetes' rules: nothing else counts until the startup probe has passed, a readiness
// failure never kills, a liveness failure ends the run once, thresholds count answers in a row, every run counts from zero.
import type { Draft } from './draft.ts';
import type { ProbePurpose } from './event.ts';
import type { Input, ProbeAnswer } from './input.ts';
import type { RunId } from './names.ts';
import { reloadRun } from './reload.ts';
import { startHook } from './hook.ts';
import { beginStop } from './run-stop.ts';
import type { LiveState, StartingState, StoppingState } from './service-state.ts';
import { awaitsStart } from './started.ts';

type ProbedState = Exclude<LiveState, StoppingState>;

export function onProbed(draft: Draft, input: Extract<Input, { type: 'probed' }>): void {
  const index = draft.indexOf(input.service);
  if (index === undefined) return;
  const { state } = draft.record(index);
  if (state.kind !== 'starting' && state.kind !== 'running' && state.kind !== 'unready') return;
  if (state.run !== input.run) return;
  if (state.kind === 'starting' && state.process.kind !== 'launched') return;
  switch (input.purpose) {
    case 'startup':
      if (state.kind === 'starting') onStartup(draft, index, state, input.answer);
      return;
    case 'readiness':
      onReadiness(draft, index, state, input.answer);
      return;
    case 'liveness':
      onLiveness(draft, index, state, input.answer);
      return;
  }
}

/** The service has said itself that it is ready: a descriptor, sd_notify, a line of its output. */
export function onTold(draft: Draft, index: number): void {
  const { state } = draft.record(index);
  if (state.kind !== 'starting' && state.kind !== 'running' && state.kind !== 'unready') return;
  if (state.kind === 'starting' && state.process.kind !== 'launched') return;
  onReadiness(draft, index, state, { kind: 'ok' });
}

export function becomeReady(draft: Draft, index: number, run: RunId): void {
  const { name: service, state } = draft.record(index);
  draft.emit({ type: 'ready', service, run, atMs: draft.moment.nowMs });
  if (state.kind !== 'starting') return;
  startHook(draft, index, run, 'post_start');
  if (state.whenReady === 'reload') reloadRun(draft, index);
}

function onStartup(draft: Draft, index: number, state: StartingState, answer: ProbeAnswer): void {
  const spec = draft.spec(index);
  if (spec.startup.kind === 'none' || state.startup === 'passed') return;
  if (answer.kind === 'failed') {
    tellOnce(draft, index, state, 'startup', answer.reason);
    return;
  }
  draft.emit({ type: 'started', service: spec.name, run: state.run });
  // It may have said before that it is ready.
  if (spec.readiness.kind === 'spawned' || state.counts.readinessSuccesses > 0)
    becomeReady(draft, index, state.run);
}

function onReadiness(draft: Draft, index: number, state: ProbedState, answer: ProbeAnswer): void {
  if (answer.kind === 'failed') {
    onUnready(draft, index, state, answer.reason);
    return;
  }
  if (state.kind === 'running') {
    recovered(draft, index, state.run, 'readiness', state.counts.readinessFailures);
    return;
  }
  const successes = state.counts.readinessSuccesses + 1;
  const early =
    state.kind === 'starting' && state.startup === 'pending' && draft.spec(index).startup.kind !== 'none';
  if (!early && successes >= successThreshold(draft, index)) becomeReady(draft, index, state.run);
  else draft.emit({ type: 'probe-passed', service: draft.spec(index).name, run: state.run, successes });
}

function onUnready(draft: Draft, index: number, state: ProbedState, reason: string): void {
  if (state.kind === 'starting') {
    tellOnce(draft, index, state, 'readiness', reason);
    return;
  }
  // Nothing more can follow from a failure of a service that is unready already and has no successes to lose.
  if (state.kind === 'unready' && state.counts.readinessSuccesses === 0) return;
  const failures = state.counts.readinessFailures + 1;
  emitFailure(draft, index, state.run, 'readiness', failures, reason);
  if (state.kind === 'running' && failures >= failureThreshold(draft, index, 'readiness'))
    draft.emit({ type: 'unready', service: draft.spec(index).name, run: state.run, reason });
}

function onLiveness(draft: Draft, index: number, state: ProbedState, answer: ProbeAnswer): void {
  const spec = draft.spec(index);
  if (state.kind === 'starting' && awaitsStart(spec, state)) return;
  if (answer.kind === 'ok') {
    recovered(draft, index, state.run, 'liveness', state.counts.livenessFailures);
    return;
  }
  const failures = state.counts.livenessFailures + 1;
  emitFailure(draft, index, state.run, 'liveness', failures, answer.reason);
  if (failures >= failureThreshold(draft, index, 'liveness')) beginStop(draft, index, 'liveness-failed');
}

/** Before the first success a probe repeats every few milliseconds: only what is new is worth an event. */
function tellOnce(
  draft: Draft,
  index: number,
  state: StartingState,
  purpose: ProbePurpose,
  reason: string,
): void {
  if (reason !== state.lastProbeError || state.counts.readinessSuccesses > 0)
    emitFailure(draft, index, state.run, purpose, 0, reason);
}

function recovered(draft: Draft, index: number, run: RunId, purpose: ProbePurpose, failures: number): void {
  if (failures > 0) draft.emit({ type: 'probe-recovered', service: draft.spec(index).name, run, purpose });
}

function emitFailure(
  draft: Draft,
  index: number,
  run: RunId,
  purpose: ProbePurpose,
  failures: number,
  reason: string,
): void {
  draft.emit({ type: 'probe-failed', service: draft.spec(index).name, run, purpose, failures, reason });
}

function failureThreshold(draft: Draft, index: number, purpose: 'readiness' | 'liveness'): number {
  const check = draft.spec(index)[purpose];
  return check.kind === 'probe' ? check.probe.failureThreshold : 1;
}

function successThreshold(draft: Draft, index: number): number {
  const { readiness } = draft.spec(index);
  return readiness.kind === 'probe' ? readiness.probe.successThreshold : 1;
}
