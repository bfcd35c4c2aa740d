// Ending a run: asking its process group, and killing it when the grace period is over. Nothing here decides that a
// run should end; those who do say why (StopCause).
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import type { ServiceName } from './names.ts';
import { isLive, type StopCause, type StoppingState } from './service-state.ts';

/** The grace period of a service is cut to what the shutdown's budget still allows. */
export function killTime(draft: Draft, index: number): number {
  const own = draft.moment.nowMs + draft.spec(index).stop.timeoutMs;
  const { phase } = draft.fleet;
  return phase.kind === 'stopping' ? Math.min(own, phase.killAtMs) : own;
}

export function beginStop(draft: Draft, index: number, cause: StopCause, exit?: ExitStatus): void {
  const { name, state } = draft.record(index);
  if (!isLive(state) || state.kind === 'stopping') return;
  draft.emit({
    type: 'stopping',
    service: name,
    run: state.run,
    cause,
    killAtMs: killTime(draft, index),
    exit,
  });
  askToStop(draft, index);
}

/** Sends the stop signal, or SIGKILL when there is no grace left. Does nothing while there is no process yet. */
export function askToStop(draft: Draft, index: number): void {
  const { name, state } = draft.record(index);
  if (state.kind !== 'stopping' || state.process.kind !== 'launched') return;
  if (state.killAtMs <= draft.moment.nowMs) {
    kill(draft, name, state);
    return;
  }
  draft.do({
    type: 'signal-group',
    service: name,
    run: state.run,
    signal: draft.spec(index).stop.signal,
  });
}

export function kill(draft: Draft, service: ServiceName, state: StoppingState): void {
  if (state.process.kind !== 'launched') return;
  if (state.escalation === 'asked') draft.emit({ type: 'killed', service, run: state.run });
  draft.do({ type: 'signal-group', service, run: state.run, signal: 'SIGKILL' });
}
