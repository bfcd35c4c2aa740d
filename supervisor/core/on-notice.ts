// What a service says of itself over sd_notify(3). It is believed as far as the configuration asks for it: READY counts only
// where readiness is `notify: { socket: true }`.
import type { Draft } from './draft.ts';
import type { Input } from './input.ts';
import type { Pid } from './names.ts';
import type { Notice } from './notice.ts';
import { onTold } from './on-probe.ts';
import { liveRun } from './on-process.ts';
import { pidOf, type LiveState } from './service-state.ts';
import { awaitsStart } from './started.ts';

export function onNotified(draft: Draft, input: Extract<Input, { type: 'notified' }>): void {
  for (const notice of input.notices) {
    // Anew each time: an earlier notice of the same datagram may have changed the state.
    const live = liveRun(draft, input.service, input.run);
    if (live !== undefined) onNotice(draft, live.index, live.state, notice);
  }
}

function onNotice(draft: Draft, index: number, state: LiveState, notice: Notice): void {
  const { name: service, statusText } = draft.record(index);
  const { run } = state;
  switch (notice.kind) {
    case 'ready':
      onReady(draft, index, state);
      return;
    case 'reloading':
      if (state.kind === 'running' && state.reload === 'none')
        draft.emit({ type: 'reload-started', service, run });
      return;
    case 'stopping':
      if (state.kind === 'running')
        draft.emit({ type: 'unready', service, run, reason: 'it says that it is stopping' });
      return;
    case 'status':
      if (notice.text !== statusText) draft.emit({ type: 'status-told', service, run, text: notice.text });
      return;
    case 'main-pid':
      changeLeader(draft, index, state, notice.pid);
      return;
    case 'extend-timeout':
      extendTimeout(draft, index, state, notice.byMs);
      return;
  }
}

function onReady(draft: Draft, index: number, state: LiveState): void {
  if (state.kind === 'running') {
    if (state.reload === 'none') return;
    const outcome = { kind: 'done', detail: 'the service says so' } as const;
    draft.emit({ type: 'reload-finished', service: draft.spec(index).name, run: state.run, outcome });
  } else if (draft.spec(index).readiness.kind === 'notify-socket') {
    onTold(draft, index);
  }
}

function changeLeader(draft: Draft, index: number, state: LiveState, pid: Pid): void {
  const current = pidOf(state);
  if (current === undefined || current === pid) return;
  const { name: service } = draft.spec(index);
  draft.emit({ type: 'leader-changed', service, run: state.run, pid });
  draft.do({ type: 'follow-leader', service, run: state.run, pid });
}

/** systemd's rule: only what is under way is extended, and a stop never beyond the shutdown's budget. */
function extendTimeout(draft: Draft, index: number, state: LiveState, byMs: number): void {
  const { name: service } = draft.spec(index);
  const asked = draft.moment.nowMs + byMs;
  if (state.kind === 'starting') {
    if (!awaitsStart(draft.spec(index), state)) return;
    draft.emit({ type: 'timeout-extended', service, run: state.run, untilMs: asked });
    return;
  }
  if (state.kind !== 'stopping' || (state.step !== 'asked' && state.step !== 'pre-stop')) return;
  const { phase } = draft.fleet;
  const untilMs = phase.kind === 'stopping' ? Math.min(asked, phase.killAtMs) : asked;
  if (untilMs > state.killAtMs) draft.emit({ type: 'timeout-extended', service, run: state.run, untilMs });
}
