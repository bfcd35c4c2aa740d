// What the probes' answers mean, by Kubernetes' rules: a readiness failure never kills, a liveness failure ends the run
// once, thresholds count consecutive failures, and every run counts from zero.
import type { Draft } from './draft.ts';
import type { ProbePurpose } from './event.ts';
import type { Input, ProbeAnswer } from './input.ts';
import type { RunId } from './names.ts';
import { reloadRun } from './reload.ts';
import { beginStop } from './run-stop.ts';
import type { RunningState, StartingState, UnreadyState } from './service-state.ts';

export function onProbed(draft: Draft, input: Extract<Input, { type: 'probed' }>): void {
  const index = draft.indexOf(input.service);
  if (index === undefined) return;
  const { state } = draft.record(index);
  if (state.kind !== 'starting' && state.kind !== 'running' && state.kind !== 'unready') return;
  if (state.run !== input.run) return;
  if (state.kind === 'starting') onStartupAnswer(draft, index, state, input);
  else if (input.answer.kind === 'failed') countFailure(draft, index, state, input.purpose, input.answer);
  else onSuccess(draft, index, state, input.purpose);
}

export function becomeReady(draft: Draft, index: number, run: RunId): void {
  const { name: service, state } = draft.record(index);
  const owed = state.kind === 'starting' && state.whenReady === 'reload';
  draft.emit({ type: 'ready', service, run, atMs: draft.moment.nowMs });
  if (owed) reloadRun(draft, index);
}

function onStartupAnswer(
  draft: Draft,
  index: number,
  state: StartingState,
  { purpose, answer }: { purpose: ProbePurpose; answer: ProbeAnswer },
): void {
  if (purpose !== 'readiness' || state.process.kind !== 'launched') return;
  if (answer.kind === 'ok') becomeReady(draft, index, state.run);
  // Only a new reason is worth an event: before the first success a probe repeats every few milliseconds.
  else if (answer.reason !== state.lastProbeError)
    emitFailure(draft, index, state.run, purpose, 0, answer.reason);
}

function onSuccess(
  draft: Draft,
  index: number,
  state: RunningState | UnreadyState,
  purpose: ProbePurpose,
): void {
  if (purpose === 'readiness' && state.kind === 'unready') becomeReady(draft, index, state.run);
  else if (state.failures[purpose] > 0)
    draft.emit({ type: 'probe-recovered', service: draft.record(index).name, run: state.run, purpose });
}

function countFailure(
  draft: Draft,
  index: number,
  state: RunningState | UnreadyState,
  purpose: ProbePurpose,
  answer: { reason: string },
): void {
  // Nothing more can follow from a readiness failure of a service that is unready already.
  if (purpose === 'readiness' && state.kind === 'unready') return;
  const failures = state.failures[purpose] + 1;
  emitFailure(draft, index, state.run, purpose, failures, answer.reason);
  if (failures < failureThreshold(draft, index, purpose)) return;
  if (purpose === 'liveness') beginStop(draft, index, 'liveness-failed');
  else
    draft.emit({ type: 'unready', service: draft.record(index).name, run: state.run, reason: answer.reason });
}

function emitFailure(
  draft: Draft,
  index: number,
  run: RunId,
  purpose: ProbePurpose,
  failures: number,
  reason: string,
): void {
  draft.emit({ type: 'probe-failed', service: draft.record(index).name, run, purpose, failures, reason });
}

function failureThreshold(draft: Draft, index: number, purpose: ProbePurpose): number {
  const spec = draft.spec(index);
  const check = purpose === 'liveness' ? spec.liveness : spec.readiness;
  return check.kind === 'probe' ? check.probe.failureThreshold : 1;
}
