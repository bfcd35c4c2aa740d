// Which events are worth a line in the log, and the line. The whole history is in the events; this is for who reads along.
import { describeExit } from '../../core/exit-status.ts';
import type {
  FleetEvent,
  PlaneEvent,
  RecordedEvent,
  ServiceEvent,
  ShutdownReason,
  Stray,
} from '../../core/event.ts';
import type { ServiceRecord } from '../../core/fleet.ts';
import { describeDuration } from '../../wire/duration.ts';
import { describeEnd } from '../views/service-note.ts';
import type { OwnMessage } from './own-log.ts';

/** `record`: the service's, after the event. */
export function narrate(recorded: RecordedEvent, record: ServiceRecord | undefined): OwnMessage | undefined {
  const { event } = recorded;
  const told = 'service' in event ? narrateService(event, record) : narrateFleet(event);
  if (told === undefined) return undefined;
  const service = 'service' in event ? { service: event.service } : {};
  return { ...told, fields: { event: event.type, event_id: recorded.id, ...service, ...told.fields } };
}

function narrateService(event: ServiceEvent, record: ServiceRecord | undefined): OwnMessage | undefined {
  const name = event.service;
  switch (event.type) {
    case 'skipped':
      return warn(`${name} is skipped: ${event.reason}`);
    case 'spawned':
      return info(`${name} is starting, pid ${event.pid}`, { pid_of_service: event.pid });
    case 'spawn-failed':
      return error(`${name} cannot be started: ${event.error.message} (${event.error.code})`);
    case 'ready':
      return info(`${name} is ready${afterStart(record)}`);
    case 'unready':
      return warn(`${name} is not ready any more${event.reason === '' ? '' : `: ${event.reason}`}`);
    case 'stopping':
      return event.cause === 'leader-exited'
        ? undefined
        : info(`${name} is stopping: ${STOP_CAUSES[event.cause]}`);
    case 'killed':
      return warn(`${name} did not stop in time: SIGKILL sent`);
    case 'exited':
      return narrateExit(name, describeExit(event.exit), record);
    case 'completed':
      return info(`${name} has completed`);
    case 'backing-off':
      return warn(`${name} ${describeEnd(event.reason)}: next try in ${describeDuration(event.delayMs)}`);
    case 'failed':
      return error(`${name} ${describeEnd(event.reason)}: gave up`);
    case 'signalled':
      return info(`${event.signal} sent to ${name}`);
    case 'reload-finished':
      return info(`${name} reload: ${event.outcome.detail}`);
    case 'wanted':
    case 'waiting':
    case 'starting':
    case 'probe-failed':
    case 'probe-recovered':
    case 'kill-brought-forward':
    case 'stopped':
    case 'backoff-reset':
    case 'reload-deferred':
    case 'reload-started':
    case 'scheduled':
    case 'started':
    case 'probe-passed':
    case 'going-down':
    case 'timeout-extended':
    case 'hook-started':
    case 'status-told':
    case 'renewal-due':
      return undefined;
    case 'hook-finished':
      return event.outcome.kind === 'done'
        ? undefined
        : warn(`${name}: hook ${event.hook} failed: ${event.outcome.detail}`);
    case 'leader-changed':
      return info(`${name} has a new main process, pid ${event.pid}`);
    case 'strays-found':
      return warn(`${name} has left processes behind: ${nameStrays(event.strays)}`);
  }
}

function nameStrays(strays: readonly Stray[]): string {
  return strays.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
}

const STOP_CAUSES = {
  requested: 'as asked',
  restart: 'to be restarted',
  'dependency-restarted': 'to be restarted after its dependency',
  shutdown: 'the container is being stopped',
  'startup-timeout': 'it was not ready in time',
  'liveness-failed': 'it is not alive any more',
  'hook-failed': 'its hook failed',
  reconfigured: 'its configuration has changed',
  'leader-exited': 'its main process has ended',
} as const;

/** An end that nobody asked for is told with what comes of it: a next try, or none. */
function narrateExit(name: string, how: string, record: ServiceRecord | undefined): OwnMessage | undefined {
  if (record?.state.kind !== 'stopping' || record.state.cause === 'leader-exited') return undefined;
  return info(`${name} ${how}`);
}

function afterStart(record: ServiceRecord | undefined): string {
  if (record?.state.kind !== 'running') return '';
  return ` after ${describeDuration(record.state.readyAtMs - record.state.startedAtMs)}`;
}

function narrateFleet(event: FleetEvent | PlaneEvent): OwnMessage | undefined {
  switch (event.type) {
    case 'booted':
      return info(
        `started with ${event.services.length} ${event.services.length === 1 ? 'service' : 'services'}`,
      );
    case 'configured':
      return info('the configuration has changed');
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
    case 'shutdown-order-dropped':
    case 'plane-restarted':
      return undefined;
  }
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

function info(text: string, fields: Readonly<Record<string, unknown>> = {}): OwnMessage {
  return { level: 'info', text, fields };
}

function warn(text: string): OwnMessage {
  return { level: 'warn', text };
}

function error(text: string): OwnMessage {
  return { level: 'error', text };
}
