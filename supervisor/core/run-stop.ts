// Ending a run: the hook before the stop, the stop command or signal, and SIGKILL when the grace period is over. Nothing here
// decides that a run should end; those who do say why (StopCause).
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import { startHook } from './hook.ts';
import type { SignalName } from './service-spec.ts';
import { isLive, type StopCause, type StoppingState } from './service-state.ts';

/** The grace period of a service is cut to what the shutdown's budget still allows. */
export function killTime(draft: Draft, index: number, cause: StopCause): number {
  const { stop, liveness } = draft.spec(index);
  const grace = cause === 'liveness-failed' && liveness.kind !== 'none' ? liveness.graceMs : stop.timeoutMs;
  const own = draft.moment.nowMs + grace;
  const { phase } = draft.fleet;
  return phase.kind === 'stopping' ? Math.min(own, phase.killAtMs) : own;
}

export function beginStop(draft: Draft, index: number, cause: StopCause, exit?: ExitStatus): void {
  const { name: service, state } = draft.record(index);
  if (!isLive(state) || state.kind === 'stopping') return;
  const { run } = state;
  const killAtMs = killTime(draft, index, cause);
  draft.emit({ type: 'stopping', service, run, cause, killAtMs, exit });
  const stopping = draft.record(index).state;
  if (stopping.kind !== 'stopping') return;
  if (stopping.process.kind === 'preparing') {
    draft.do({ type: 'cancel-hook', service, run, hook: 'pre_start' });
  } else if (stopping.process.kind === 'launched') {
    // The hook is for a leader that lives and has time; its own end leads on to askToStop.
    const hasTime = exit === undefined && killAtMs > draft.moment.nowMs;
    if (!hasTime || startHook(draft, index, run, 'pre_stop') === 'absent') askToStop(draft, index);
  }
}

/** Stop command or signal, or SIGKILL when there is no grace left. Does nothing while there is no process yet. */
export function askToStop(draft: Draft, index: number): void {
  const { state } = draft.record(index);
  if (state.kind !== 'stopping' || state.process.kind !== 'launched') return;
  if (state.killAtMs <= draft.moment.nowMs) {
    kill(draft, index, state);
    return;
  }
  // A stop command is for a leader that lives; what it has left of its group is asked by signal.
  if (state.exit === undefined && startHook(draft, index, state.run, 'stop') === 'started') return;
  sendStopSignal(draft, index, state);
}

export function sendStopSignal(draft: Draft, index: number, state: StoppingState): void {
  const { stop } = draft.spec(index);
  if (state.step !== 'asked') return;
  // systemd.kill(5), mixed: only the leader is asked; what outlives it gets SIGKILL.
  if (stop.killMode === 'mixed' && state.exit !== undefined) kill(draft, index, state);
  else send(draft, index, state, stop.signal);
}

export function kill(draft: Draft, index: number, state: StoppingState): void {
  const { name: service } = draft.record(index);
  const { run } = state;
  if (state.step === 'post-stop') {
    draft.do({ type: 'cancel-hook', service, run, hook: 'post_stop' });
    return;
  }
  if (state.process.kind !== 'launched') return;
  if (state.step === 'pre-stop') draft.do({ type: 'cancel-hook', service, run, hook: 'pre_stop' });
  if (state.step !== 'killed') draft.emit({ type: 'killed', service, run });
  send(draft, index, state, 'SIGKILL');
}

function send(draft: Draft, index: number, state: StoppingState, signal: SignalName): void {
  const { name: service, stop } = draft.spec(index);
  const to = { service, run: state.run, signal } as const;
  // A down command is ended whole, and so is what outlives its leader.
  const whole = stop.killMode === 'group' || state.step === 'down' || state.exit !== undefined;
  if (whole || (stop.killMode === 'mixed' && signal === 'SIGKILL')) draft.do({ type: 'signal-group', ...to });
  else draft.do({ type: 'stop-leader', ...to });
}
