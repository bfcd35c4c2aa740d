// What the operator asked for: checked as a whole first, so that a command is done for all its services or for none.
// Starting pulls in what is needed, stopping what needs it; both are told in the reply.
import type { CommandError } from './command-error.ts';
import type { Draft } from './draft.ts';
import type { CommandResult } from './effect.ts';
import type { Command } from './input.ts';
import { carryOutForJob, refusalOfJob, type JobCommand } from './on-job-command.ts';
import type { ServiceName } from './names.ts';
import { applyConfiguration } from './configuration.ts';
import { goDown } from './oneshot-down.ts';
import { beginEnd } from './release.ts';
import { startShutdown } from './shutdown.ts';
import { isLive, isSought } from './service-state.ts';
import { reloadRun } from './reload.ts';

export function onCommand(draft: Draft, command: Command): void {
  const result = isForJob(command) ? doForJob(draft, command) : doForFleet(draft, command);
  draft.doLast({ type: 'reply', command: command.id, result });
}

function isForJob(command: Command): command is JobCommand {
  return command.verb === 'run-job' || command.verb === 'stop-job' || command.verb === 'signal-job';
}

function doForJob(draft: Draft, command: JobCommand): CommandResult {
  const error = refusalOfJob(draft, command);
  return error === undefined ? carryOutForJob(draft, command) : { kind: 'refused', error };
}

type FleetCommand = Exclude<Command, JobCommand>;

function doForFleet(draft: Draft, command: FleetCommand): CommandResult {
  const error = refusal(draft, command);
  return error === undefined
    ? { kind: 'accepted', services: carryOut(draft, command) }
    : { kind: 'refused', error };
}

function refusal(draft: Draft, command: FleetCommand): CommandError | undefined {
  if (command.verb === 'shutdown') return undefined;
  if (command.verb === 'apply') return draft.fleet.phase.kind === 'up' ? undefined : shuttingDown('');
  for (const service of command.services) {
    const error = refusalFor(draft, command, service);
    if (error !== undefined) return error;
  }
  return undefined;
}

type ServiceCommand = Exclude<FleetCommand, { verb: 'shutdown' | 'apply' }>;

function refusalFor(draft: Draft, command: ServiceCommand, service: ServiceName): CommandError | undefined {
  const index = draft.indexOf(service);
  if (index === undefined)
    return { code: 'service-not-found', service, message: `there is no service ${service}` };
  const { state } = draft.record(index);
  switch (command.verb) {
    case 'start':
    case 'restart':
      if (draft.fleet.phase.kind !== 'up') return shuttingDown(service);
      if (draft.record(index).configured === 'removed') return removed(service);
      if (state.kind === 'skipped')
        return { code: 'service-skipped', service, message: `${service} is skipped: ${state.reason}` };
      return undefined;
    case 'stop':
      return undefined;
    case 'reload':
      if (draft.spec(index).reload.kind === 'none')
        return { code: 'reload-not-supported', service, message: `${service} has no reload configured` };
      if (!isLive(state) || state.kind === 'stopping') return notRunning(service);
      return isSought(state) ? notFound(service) : undefined;
    case 'signal':
      if (!isLive(state)) return notRunning(service);
      return isSought(state) ? notFound(service) : undefined;
  }
}

function shuttingDown(service: ServiceName | ''): CommandError {
  return { code: 'shutting-down', service, message: 'the container is being stopped' };
}

function removed(service: ServiceName): CommandError {
  const message = `${service} is not in the configuration any more and is being stopped`;
  return { code: 'service-not-found', service, message };
}

function notRunning(service: ServiceName): CommandError {
  return { code: 'service-not-running', service, message: `${service} is not running` };
}

/** Of an attached one: nobody is there who could be sent anything. */
function notFound(service: ServiceName): CommandError {
  const message = `${service} has not been found: its process is still looked for`;
  return { code: 'service-not-running', service, message };
}

/** The services that the command reached, those named and those pulled in. */
function carryOut(draft: Draft, command: FleetCommand): readonly ServiceName[] {
  switch (command.verb) {
    case 'start':
      return startServices(draft, command.services);
    case 'stop':
      return stopServices(draft, command.services);
    case 'restart':
      return restartServices(draft, command.services);
    case 'reload':
      for (const index of positions(draft, command.services)) reloadRun(draft, index);
      return command.services;
    case 'signal':
      for (const index of positions(draft, command.services)) signalRun(draft, index, command.signal);
      return command.services;
    case 'apply':
      return applyConfiguration(draft, command.target);
    case 'shutdown':
      startShutdown(draft, { kind: 'command' }, 0);
      return [];
  }
}

function startServices(draft: Draft, names: readonly ServiceName[]): readonly ServiceName[] {
  const named = new Set(positions(draft, names));
  const reached = closure(named, (index) =>
    (draft.model.graph.dependencies[index] ?? [])
      .filter((edge) => edge.dependency.need === 'required')
      .map((edge) => edge.index),
  );
  const told = reached.filter((index) => named.has(index) || draft.record(index).wanted === 'down');
  for (const index of reached) wantUp(draft, index, named.has(index) ? 'named' : 'pulled-in');
  return told.map((index) => draft.record(index).name);
}

function wantUp(draft: Draft, index: number, how: 'named' | 'pulled-in'): void {
  const { name: service, wanted, state } = draft.record(index);
  switch (state.kind) {
    case 'skipped':
      return;
    case 'failed':
      draft.emit({ type: 'wanted', service, wanted: 'up' });
      draft.emit({ type: 'waiting', service });
      return;
    case 'completed':
      // It is up already: what is undone when it stops is not done twice.
      if (draft.spec(index).down !== undefined) {
        if (wanted === 'down') draft.emit({ type: 'wanted', service, wanted: 'up' });
        return;
      }
      wantRunAgain(draft, index, how);
      return;
    case 'backoff':
      wantRunAgain(draft, index, how);
      return;
    case 'scheduled':
      // Run now.
      if (how === 'named') draft.emit({ type: 'waiting', service });
      return;
    case 'stopped':
    case 'waiting':
    case 'starting':
    case 'running':
    case 'unready':
    case 'stopping':
      if (wanted === 'down') draft.emit({ type: 'wanted', service, wanted: 'up' });
      return;
  }
}

/** A dependency that has completed is not run again; one that backs off keeps its pace. */
function wantRunAgain(draft: Draft, index: number, how: 'named' | 'pulled-in'): void {
  const { name: service, wanted } = draft.record(index);
  if (how === 'named' || wanted === 'down') draft.emit({ type: 'wanted', service, wanted: 'up' });
  if (how === 'named') draft.emit({ type: 'waiting', service });
}

function stopServices(draft: Draft, names: readonly ServiceName[]): readonly ServiceName[] {
  const reached = closure(new Set(positions(draft, names)), (index) =>
    (draft.model.graph.dependents[index] ?? []).filter((dependent) => needs(draft, dependent, index)),
  );
  for (const index of reached) {
    const { name: service, wanted } = draft.record(index);
    if (wanted === 'up') draft.emit({ type: 'wanted', service, wanted: 'down' });
  }
  return reached.map((index) => draft.record(index).name);
}

/** A oneshot that has completed is not needed any more by those that waited for it to complete. */
function needs(draft: Draft, dependent: number, index: number): boolean {
  return (draft.model.graph.dependencies[dependent] ?? []).some(
    (edge) =>
      edge.index === index &&
      edge.dependency.need === 'required' &&
      edge.dependency.condition !== 'service_completed_successfully' &&
      draft.record(dependent).state.kind !== 'completed',
  );
}

/** Only the run is replaced: what depends on it stays, unless it says `restart: true`. */
function restartServices(draft: Draft, names: readonly ServiceName[]): readonly ServiceName[] {
  const reached = startServices(draft, names);
  for (const index of positions(draft, names)) {
    beginEnd(draft, index, 'restart');
    goDown(draft, index, 'restart');
  }
  return reached;
}

function signalRun(draft: Draft, index: number, signal: NodeJS.Signals): void {
  const { name: service, state } = draft.record(index);
  if (!isLive(state)) return;
  draft.emit({ type: 'signalled', service, run: state.run, signal });
  draft.do({ type: 'signal-leader', service, run: state.run, signal });
}

function positions(draft: Draft, names: readonly ServiceName[]): readonly number[] {
  return names.flatMap((name) => draft.indexOf(name) ?? []);
}

/** All that can be reached, in the order of the specification. */
function closure(from: ReadonlySet<number>, next: (index: number) => readonly number[]): readonly number[] {
  const reached = new Set(from);
  for (const index of reached) for (const further of next(index)) reached.add(further);
  return [...reached].sort((a, b) => a - b);
}
