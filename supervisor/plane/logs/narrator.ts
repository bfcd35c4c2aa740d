// Which events are worth a line in the log, and the line. The whole history is in the events; this is for who reads along.
import { describeExit, isSuccess } from '../../core/exit-status.ts';
import type { ApplicationEvent } from '../../core/application-event.ts';
import type {
  AuditEvent,
  BosunEvent,
  FleetEvent,
  NotedEvent,
  RecordedEvent,
  ServiceEvent,
  ServiceNote,
} from '../../core/event.ts';
import type { ServiceRecord } from '../../core/fleet.ts';
import { describeDuration } from '../../wire/duration.ts';
import { describeEnd, describeSpawnError } from '../views/end-reason.ts';
import type { SeenService } from '../views/fleet-view.ts';
import type { ServiceHistory } from '../views/service-history.ts';
import { describeDue } from '../views/state-note.ts';
import { isOfApplication, narrateApplication } from './application-narrator.ts';
import { narrateAudit } from './audit-narrator.ts';
import { narrateFleet } from './fleet-narrator.ts';
import { narrateJob } from './job-narrator.ts';
import { error, info, nameProcesses, warn } from './own-message.ts';
import type { OwnMessage } from './own-log.ts';

/** The service that an event is about, after it. */
export type Subject = SeenService & { readonly history: ServiceHistory };

export function narrate(recorded: RecordedEvent, subject: Subject | undefined): OwnMessage | undefined {
  const { event } = recorded;
  if (isUntold(event)) return undefined;
  const told = narrateTold(event, subject, recorded);
  if (told === undefined) return undefined;
  const service = 'service' in event ? { service: event.service } : {};
  return { ...told, fields: { event: event.type, event_id: recorded.id, ...service, ...told.fields } };
}

function narrateTold(
  event: Exclude<BosunEvent, UntoldEvent>,
  subject: Subject | undefined,
  recorded: RecordedEvent,
): OwnMessage | undefined {
  if (isOfApplication(event)) return narrateApplication(event, recorded.actor);
  if ('service' in event) return narrateService(event, subject, recorded);
  if ('job' in event) return narrateJob(event);
  return isAudit(event) ? narrateAudit(event) : narrateFleet(event);
}

const AUDIT: Readonly<Record<AuditEvent['type'], true>> = {
  'access-refused': true,
  'key-changed': true,
  'certificates-reloaded': true,
  'listener-failed': true,
  'journal-failed': true,
  'journal-recovered': true,
  'journal-set-aside': true,
  'views-rebuilt': true,
};

function isAudit(
  event: FleetEvent | Exclude<NotedEvent, ServiceNote | ApplicationEvent>,
): event is AuditEvent {
  return event.type in AUDIT;
}

/** What only the history needs: steps on the way to something that is told. */
const UNTOLD = [
  'wanted',
  'waiting',
  'starting',
  'probe-failed',
  'probe-recovered',
  'kill-brought-forward',
  'stopped',
  'backoff-reset',
  'reload-deferred',
  'reload-started',
  'probe-passed',
  'hook-started',
  'status-told',
  'looking',
] as const satisfies readonly ServiceEvent['type'][];

type UntoldEvent = EventOf<(typeof UNTOLD)[number]>;

function isUntold(event: BosunEvent): event is UntoldEvent {
  return (UNTOLD as readonly string[]).includes(event.type);
}

function narrateService(
  event: Exclude<ServiceEvent, UntoldEvent> | ServiceNote,
  subject: Subject | undefined,
  { id, monotonicMs }: RecordedEvent,
): OwnMessage | undefined {
  const name = event.service;
  const record = subject?.record;
  switch (event.type) {
    case 'skipped':
      return warn(`${name} is skipped: ${event.reason}`);
    case 'spawned':
      return narrateSpawned(event);
    case 'attached':
      return narrateAttached(event);
    case 'detached':
      return info(`${name} is let go of: its process goes on`);
    case 'spawn-failed':
      return error(`${name} cannot be started: ${describeSpawnError(event.error)}`);
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
    case 'started':
      return info(`${name} has started: its startup probe has passed`);
    case 'scheduled':
      return narrateScheduled(event.service, describeDue(event.due, monotonicMs), subject, id);
    case 'going-down':
      return info(`${name} is undone by its down command: ${STOP_CAUSES[event.cause]}`);
    case 'timeout-extended':
      return info(`${name} asked for more time and has ${describeDuration(event.untilMs - monotonicMs)}`);
    case 'hook-finished':
      return event.outcome.kind === 'done'
        ? undefined
        : warn(`${name}: hook ${event.hook} failed: ${event.outcome.detail}`);
    case 'leader-changed':
      return info(`${name} has a new main process, pid ${event.pid}`);
    case 'strays-found':
      return warn(`${name} has left processes behind: ${nameProcesses(event.strays)}`);
    case 'signal-refused':
      return error(`${name} cannot be sent ${event.signal}: the kernel refuses (${event.errno})`);
  }
}

function narrateSpawned({ service, pid, degraded }: EventOf<'spawned'>): OwnMessage {
  const text = `${service} is starting, pid ${pid}`;
  const fields = { pid_of_service: pid };
  return degraded.length === 0
    ? info(text, fields)
    : { ...warn(`${text}, degraded: ${degraded.join(', ')}`), fields };
}

function narrateAttached({ service, pid, others, degraded }: EventOf<'attached'>): OwnMessage {
  const more = others.length === 0 ? '' : `; the same is true of ${nameProcesses(others)}`;
  const text = `${service} has been found, pid ${pid}${more}`;
  const fields = { pid_of_service: pid };
  return degraded.length === 0
    ? info(text, fields)
    : { ...warn(`${text}, degraded: ${degraded.join(', ')}`), fields };
}

/** The end of a timer's run is told with what comes after it. */
function narrateScheduled(
  service: string,
  next: string,
  subject: Subject | undefined,
  eventId: number,
): OwnMessage {
  const end = subject?.history.lastEnd;
  const follows = end !== undefined && end.run === subject?.record.lastRun && end.eventId < eventId;
  if (!follows) return info(`${service}: ${next}`);
  const well = end.reason.kind === 'exit' && isSuccess(end.reason.exit, subject.spec.successExitCodes);
  const text = `${service} ${describeEnd(end.reason)}: ${next}`;
  return well ? info(text) : warn(text);
}

type EventOf<Type extends ServiceEvent['type']> = Extract<ServiceEvent, { type: Type }>;

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
