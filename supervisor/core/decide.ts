// decide(model, fleet, input, moment): the events that follow from an input and the effects to run. Pure: no clock, no
// chance, no Node module. First the input itself, then what follows for its neighbours, then the shutdown's next phase.
import { Draft, type Model } from './draft.ts';
import type { Effect } from './effect.ts';
import type { BosunEvent } from './event.ts';
import type { Fleet } from './fleet.ts';
import type { Input, Moment } from './input.ts';
import { onCommand } from './on-command.ts';
import { onProbed } from './on-probe.ts';
import { liveRun, onExited, onGroupEmptied, onSpawnFailed, onSpawned } from './on-process.ts';
import { onSignal } from './on-signal.ts';
import { beginStop, kill } from './run-stop.ts';
import { settle } from './settle.ts';
import { advanceShutdown, onFleetTimer, onSwept } from './shutdown.ts';

export type Decision = {
  readonly fleet: Fleet;
  readonly events: readonly BosunEvent[];
  readonly effects: readonly Effect[];
};

export function decide(model: Model, fleet: Fleet, input: Input, moment: Moment): Decision {
  const draft = new Draft(model, fleet, moment);
  apply(draft, input);
  settle(draft);
  advanceShutdown(draft);
  return { fleet: draft.fleet, events: draft.events, effects: draft.orderedEffects };
}

function apply(draft: Draft, input: Input): void {
  switch (input.type) {
    case 'boot':
      boot(draft);
      return;
    case 'command':
      onCommand(draft, input.command);
      return;
    case 'signal-received':
      onSignal(draft, input.signal, input.number);
      return;
    case 'spawned':
      onSpawned(draft, input);
      return;
    case 'spawn-failed':
      onSpawnFailed(draft, input.service, input.run, input.error);
      return;
    case 'exited':
      onExited(draft, input);
      return;
    case 'group-emptied':
      onGroupEmptied(draft, input.service, input.run);
      return;
    case 'probed':
      onProbed(draft, input);
      return;
    case 'reloaded':
      onReloaded(draft, input);
      return;
    case 'timer':
      onTimer(draft, input);
      return;
    case 'fleet-timer':
      onFleetTimer(draft, input.timer);
      return;
    case 'swept':
      onSwept(draft);
      return;
  }
}

function boot(draft: Draft): void {
  if (draft.fleet.phase.kind !== 'created') return;
  const { services } = draft.model.spec;
  draft.emit({ type: 'booted', services: services.map((service) => service.name) });
  for (const { name, eligibility } of services) {
    if (eligibility.kind === 'skipped')
      draft.emit({ type: 'skipped', service: name, reason: eligibility.reason });
  }
}

function onReloaded(draft: Draft, input: Extract<Input, { type: 'reloaded' }>): void {
  const { service, run, outcome } = input;
  if (liveRun(draft, service, run) !== undefined)
    draft.emit({ type: 'reload-finished', service, run, outcome });
}

/** A timer whose state has passed is late, and means nothing. */
function onTimer(draft: Draft, input: Extract<Input, { type: 'timer' }>): void {
  const index = draft.indexOf(input.service);
  if (index === undefined) return;
  const { name: service, state, lastRun } = draft.record(index);
  if (lastRun !== input.run) return;
  switch (input.timer) {
    case 'startup-timeout':
      if (state.kind === 'starting') beginStop(draft, index, 'startup-timeout');
      return;
    case 'kill':
      if (state.kind === 'stopping') kill(draft, service, state);
      return;
    case 'backoff':
      if (state.kind === 'backoff') draft.emit({ type: 'waiting', service });
      return;
    case 'backoff-reset':
      if (state.kind === 'running') draft.emit({ type: 'backoff-reset', service });
      return;
  }
}
