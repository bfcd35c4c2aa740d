// Signals that Bosun received. TERM and INT end the container, a second one hastens that; HUP applies the configuration as it is
// now; the others go where it sends them. In drop-in mode all of them go to the command, as with tini and dumb-init.
import type { Draft } from './draft.ts';
import type { SignalName } from './service-spec.ts';
import { isLive } from './service-state.ts';
import { hastenShutdown, startShutdown } from './shutdown.ts';

export function onSignal(draft: Draft, signal: SignalName, signalNumber: number): void {
  const dropIn = draft.model.spec.services.findIndex((spec) => spec.stdio === 'inherited');
  if (dropIn >= 0) {
    passOn(draft, dropIn, signal, signalNumber);
    return;
  }
  if (signal === 'SIGTERM' || signal === 'SIGINT') requestShutdown(draft, signal);
  else if (signal === 'SIGHUP') draft.do({ type: 'request-apply', actor: `signal:${signal}` });
  else forward(draft, signal);
}

function requestShutdown(draft: Draft, signal: SignalName): void {
  if (draft.fleet.phase.kind === 'up') startShutdown(draft, { kind: 'signal', signal }, 0);
  else hastenShutdown(draft);
}

/** To the whole group of the command; the command, not Bosun, decides what comes of it. */
function passOn(draft: Draft, index: number, signal: SignalName, signalNumber: number): void {
  const { name: service, state } = draft.record(index);
  if (isLive(state) && (state.kind === 'stopping' || state.kind === 'running')) {
    draft.do({ type: 'pass-on', service, run: state.run, signal });
    return;
  }
  // Nothing is there to take it yet: as if the command had been ended by it at its first instruction.
  if (signal === 'SIGTERM' || signal === 'SIGINT' || signal === 'SIGQUIT')
    startShutdown(draft, { kind: 'signal', signal }, 128 + signalNumber);
}

function forward(draft: Draft, received: SignalName): void {
  for (const rule of draft.model.spec.forwards.filter((candidate) => candidate.received === received)) {
    const index = draft.indexOf(rule.service);
    const record = index === undefined ? undefined : draft.record(index);
    if (record === undefined || !isLive(record.state)) continue;
    const { run } = record.state;
    draft.emit({ type: 'signalled', service: record.name, run, signal: rule.signal });
    draft.do({ type: 'signal-leader', service: record.name, run, signal: rule.signal });
  }
}
