// The lines of the log about the whole: the start, the end, the control plane's own life.
import type { FleetEvent, PlaneEvent, ShutdownReason } from '../../core/event.ts';
import type { ReplacementEvent } from '../../core/replacement-event.ts';
import { describeDuration } from '../../wire/duration.ts';
import { error, info, nameProcesses, warn } from './own-message.ts';
import type { OwnMessage } from './own-log.ts';

export function narrateFleet(event: FleetEvent | PlaneEvent | ReplacementEvent): OwnMessage | undefined {
  switch (event.type) {
    case 'booted':
      return info(
        `started with ${event.services.length} ${event.services.length === 1 ? 'service' : 'services'}`,
      );
    case 'shutdown-started':
      return info(
        `shutting down: ${describeShutdown(event.reason)}; at most ${describeDuration(event.budgetMs)}`,
      );
    case 'shutdown-hastened':
      return warn('shutting down at once: asked a second time');
    case 'sweep-started':
      return info('ending what is left of the other processes');
    case 'sweep-killed':
      return warn('SIGKILL sent to the processes that are left');
    case 'shutdown-finished':
      return info(`finished with exit code ${event.exitCode}`);
    case 'plane-failed':
      return error(`the control plane failed and is replaced; no service is affected: ${event.reason}`);
    case 'survivors-found':
      return warn(`still running at the end: ${nameSurvivors(event)}`);
    case 'call-failed':
      return error(`${event.call} failed with ${event.errno}: ${event.text}`);
    case 'logs-failed':
      return error(`the logs' thread failed and is replaced; no line is lost: ${event.reason}`);
    case 'log-store-failed':
      return error(`cannot write ${nameStore(event)}: ${event.text} (${event.errno})`);
    case 'log-store-recovered':
      return info(`${nameStore(event)} can be written again; ${event.droppedLines} lines were lost`);
    case 'log-trouble':
      return error(`${event.name}: ${event.text}`);
    case 'upgraded':
      return info(`upgraded from ${event.from} to ${event.to}; every service goes on`);
    case 'upgrade-failed':
      return error(`the upgrade failed, and nothing has changed: ${event.reason}`);
    case 'recovered':
      return error(
        `recovered from an internal error (${event.where}: ${event.reason}); every service goes on${nameLost(event)}`,
      );
    // Told with what differs by whoever has applied it.
    case 'configured':
    case 'shutdown-order-dropped':
    case 'plane-restarted':
    case 'logs-restarted':
      return undefined;
  }
}

function nameStore({ store, name }: { readonly store: 'file' | 'sink'; readonly name: string }): string {
  return store === 'file' ? `the log files of ${name}` : `the queue of the log sink ${name}`;
}

function describeShutdown(reason: ShutdownReason): string {
  switch (reason.kind) {
    case 'signal':
      return `${reason.signal} received`;
    case 'command':
      return 'as asked';
    case 'main-ended':
      return `${reason.service}, the main service, has ended`;
    case 'essential-failed':
      return `${reason.service}, which is essential, has failed`;
  }
}

function nameLost({ lost }: Extract<ReplacementEvent, { type: 'recovered' }>): string {
  return lost.length === 0 ? '' : `; lost: ${lost.join(', ')}`;
}

function nameSurvivors({ survivors, count }: Extract<PlaneEvent, { type: 'survivors-found' }>): string {
  const rest = count - survivors.length;
  return `${nameProcesses(survivors)}${rest === 0 ? '' : ` and ${rest} more`}`;
}
