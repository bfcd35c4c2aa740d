// decide(model, fleet, input, moment): the events that follow from an input and the effects to run. Pure: no clock, no
// chance, no Node module. First the input itself, then what follows for its neighbours, then the shutdown's next phase.
import { Draft, type Model } from './draft.ts';
import type { Effect } from './effect.ts';
import type { BosunEvent } from './event.ts';
import { FIRST_JOB, type Fleet } from './fleet.ts';
import type { Input, Moment, Resume } from './input.ts';
import { advanceConfiguration } from './configuration.ts';
import { onCommand } from './on-command.ts';
import { onHookFinished } from './on-hook.ts';
import { onAttached, onLooked } from './on-attached.ts';
import { onJobInput } from './on-job.ts';
import { onNotified } from './on-notice.ts';
import { onProbed } from './on-probe.ts';
import { liveRun, onProcessInput } from './on-process.ts';
import { onSignal } from './on-signal.ts';
import { beginEnd } from './release.ts';
import { kill } from './run-stop.ts';
import { settle } from './settle.ts';
import { awaitsStart } from './started.ts';
import { advanceShutdown, onFleetTimer, onSwept } from './shutdown.ts';

export type Decision = {
  /** The same one unless the configuration has changed. */
  readonly model: Model;
  readonly fleet: Fleet;
  readonly events: readonly BosunEvent[];
  readonly effects: readonly Effect[];
};

export function decide(model: Model, fleet: Fleet, input: Input, moment: Moment): Decision {
  const draft = new Draft(model, fleet, moment);
  apply(draft, input);
  settle(draft);
  while (advanceConfiguration(draft)) settle(draft);
  advanceShutdown(draft);
  return { model: draft.model, fleet: draft.fleet, events: draft.events, effects: draft.orderedEffects };
}

function apply(draft: Draft, input: Input): void {
  switch (input.type) {
    case 'boot':
      boot(draft, input.resume);
      return;
    case 'command':
      onCommand(draft, input.command);
      return;
    case 'signal-received':
      onSignal(draft, input.signal, input.number);
      return;
    case 'spawned':
    case 'spawn-failed':
    case 'exited':
    case 'group-emptied':
      onProcessInput(draft, input);
      return;
    case 'looked':
      onLooked(draft, input);
      return;
    case 'attached':
      onAttached(draft, input);
      return;
    case 'probed':
      onProbed(draft, input);
      return;
    case 'reloaded':
      onReloaded(draft, input);
      return;
    case 'hook-finished':
      onHookFinished(draft, input);
      return;
    case 'notified':
      onNotified(draft, input);
      return;
    case 'strays-found':
      onStraysFound(draft, input);
      return;
    case 'timer':
      onTimer(draft, input);
      return;
    case 'fleet-timer':
      onFleetTimer(draft, input.timer);
      return;
    case 'job-spawned':
    case 'job-spawn-failed':
    case 'job-exited':
    case 'job-group-emptied':
    case 'job-strays-found':
    case 'job-timer':
      onJobInput(draft, input);
      return;
    case 'swept':
      onSwept(draft);
      return;
  }
}

function boot(draft: Draft, resume: Resume | undefined): void {
  if (draft.fleet.phase.kind !== 'created') return;
  const services = draft.model.spec.services.map((service) => service.name);
  draft.emit({ type: 'booted', services, nextJob: resume?.nextJob ?? FIRST_JOB });
  for (const service of resume?.stopped ?? [])
    if (services.includes(service)) draft.emit({ type: 'wanted', service, wanted: 'down' });
}

/** Of whatever run: they may be found when it is long gone. */
function onStraysFound(
  draft: Draft,
  { service, run, strays }: Extract<Input, { type: 'strays-found' }>,
): void {
  if (draft.indexOf(service) !== undefined && strays.length > 0)
    draft.emit({ type: 'strays-found', service, run, strays });
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
      if (state.kind === 'starting' && awaitsStart(draft.spec(index), state))
        beginEnd(draft, index, 'startup-timeout');
      return;
    case 'kill':
      if (state.kind === 'stopping') kill(draft, index, state);
      return;
    case 'backoff':
      if (state.kind === 'backoff') draft.emit({ type: 'waiting', service });
      return;
    case 'schedule':
      if (state.kind === 'scheduled') draft.emit({ type: 'waiting', service });
      return;
    case 'backoff-reset':
      if (state.kind === 'running') draft.emit({ type: 'backoff-reset', service });
      return;
  }
}
