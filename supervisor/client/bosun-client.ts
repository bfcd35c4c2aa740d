// The typed client of the API: services, commands, configuration, events, logs. It reads and commands; it prints nothing and
// decides nothing. What is about another thing has its own class over the same ApiCaller and a property here, as `keys` is in
// key-client.ts; new methods about jobs or keys go there, not here.
import type { CommandView, HealthView, VersionView } from '../wire/fleet-view.ts';
import type { EventsView } from '../wire/event-view.ts';
import type { LogLineView } from '../wire/log-view.ts';
import type { ApplyView, PlanView } from '../wire/plan-view.ts';
import type { LogSinksView } from '../wire/log-sink-view.ts';
import type { RebuildView } from '../wire/rebuild-view.ts';
import type { ServicesView, ServiceView } from '../wire/service-view.ts';
import type { UpgradeView } from '../wire/upgrade-view.ts';
import { streamEvents, type StreamedEvent } from './event-stream.ts';
import { ApplicationClient } from './application-client.ts';
import { ApiCaller, type Cancel, type WriteOptions } from './api-caller.ts';
import { JobClient } from './job-client.ts';
import { KeyClient } from './key-client.ts';
import { logsPath, readLogLines, streamLogs, type LogQuery, type StreamedLog } from './log-stream.ts';
import type { Target } from './target.ts';

export type EventFilter = {
  /** Events with a larger id. */
  readonly after?: number | undefined;
  readonly services?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
};
export type ServiceVerb = 'start' | 'stop' | 'restart' | 'reload';

/** Every method throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export class BosunClient {
  readonly keys: KeyClient;
  readonly applications: ApplicationClient;
  readonly jobs: JobClient;
  readonly #api: ApiCaller;

  /** As text: the path of the control socket. */
  constructor(target: Target | string) {
    this.#api = new ApiCaller(typeof target === 'string' ? { kind: 'socket', socketPath: target } : target);
    this.keys = new KeyClient(this.#api);
    this.applications = new ApplicationClient(this.#api);
    this.jobs = new JobClient(this.#api);
  }

  async services(cancel: Cancel = {}): Promise<ServicesView> {
    return (await this.#api.get('/v1/services', cancel)) as ServicesView;
  }

  async service(name: string, cancel: Cancel = {}): Promise<ServiceView> {
    return (await this.#api.get(servicePath(name), cancel)) as ServiceView;
  }

  async health(cancel: Cancel = {}): Promise<HealthView> {
    return (await this.#api.get('/v1/health', cancel, 503)) as HealthView;
  }

  async version(cancel: Cancel = {}): Promise<VersionView> {
    return (await this.#api.get('/v1/version', cancel)) as VersionView;
  }

  /** For all the services or for none. */
  async command(
    verb: ServiceVerb,
    services: readonly string[],
    options: WriteOptions = {},
  ): Promise<CommandView> {
    return (await this.#api.post(
      `/v1/commands${waitQuery(options)}`,
      { verb, services },
      options,
    )) as CommandView;
  }

  /** `signal`: a name such as SIGHUP or HUP; goes to the main process of the service. */
  async sendSignal(service: string, signal: string, options: WriteOptions = {}): Promise<CommandView> {
    return (await this.#api.post(`${servicePath(service)}/signal`, { signal }, options)) as CommandView;
  }

  /** What the configuration, as it is in the files now, would change. */
  async plan(cancel: Cancel = {}): Promise<PlanView> {
    return (await this.#api.get('/v1/plan', cancel)) as PlanView;
  }

  async apply(options: WriteOptions = {}): Promise<ApplyView> {
    return (await this.#api.post(`/v1/apply${waitQuery(options)}`, undefined, options)) as ApplyView;
  }

  /** The remote sinks of the logs, and what waits for them. */
  async logSinks(cancel: Cancel = {}): Promise<LogSinksView> {
    return (await this.#api.get('/v1/logs/sinks', cancel)) as LogSinksView;
  }

  /** Replays the journal, and tells where the views were different from what it gives. */
  async rebuildViews(options: WriteOptions = {}): Promise<RebuildView> {
    return (await this.#api.post('/v1/views/rebuild', undefined, options)) as RebuildView;
  }

  /**
   * Has another program take Bosun's place. The answer comes when everything was tried that can be before; what came of it is the event
   * `upgraded` or `upgrade-failed` with this command. `waitMs`: how long what is under way may take to end.
   */
  async upgrade(options: WriteOptions = {}): Promise<UpgradeView> {
    return (await this.#api.post(`/v1/upgrade${waitQuery(options)}`, undefined, options)) as UpgradeView;
  }

  async shutdown(options: WriteOptions = {}): Promise<CommandView> {
    return (await this.#api.post('/v1/shutdown', undefined, options)) as CommandView;
  }

  /** What is held, oldest first. */
  async events(filter: EventFilter = {}, cancel: Cancel = {}): Promise<EventsView> {
    return (await this.#api.get(eventsPath(filter, filter.after), cancel)) as EventsView;
  }

  /** Each event once, in order, also over a restart of the control plane. Without `after`: only new ones. */
  followEvents(
    filter: EventFilter = {},
    cancel: Cancel = {},
  ): AsyncGenerator<StreamedEvent, void, undefined> {
    const path = eventsPath(filter, undefined);
    return streamEvents(this.#api, { path, after: filter.after, signal: cancel.signal });
  }

  /** The newest `lines` of one service, oldest first. */
  async *logs(
    service: string,
    lines: number,
    cancel: Cancel = {},
  ): AsyncGenerator<LogLineView, void, undefined> {
    yield* linesOnly(this.readLogs({ services: [service], lines }, cancel));
  }

  /** The same, and then each new line once, in order, also over a restart of the control plane. */
  async *followLogs(
    service: string,
    lines: number,
    cancel: Cancel = {},
  ): AsyncGenerator<LogLineView, void, undefined> {
    yield* linesOnly(this.streamLogs({ services: [service], lines }, cancel));
  }

  /** What there is, of several services merged by time. */
  readLogs(query: LogQuery, cancel: Cancel = {}): AsyncGenerator<StreamedLog, void, undefined> {
    return readLogLines(this.#api, logsPath(query, 'once'), cancel);
  }

  /** The same, and then what is new, each line once, also over a restart of the control plane. Ends with Bosun. */
  streamLogs(query: LogQuery, cancel: Cancel = {}): AsyncGenerator<StreamedLog, void, undefined> {
    return streamLogs(this.#api, logsPath(query, 'follow'), cancel.signal);
  }
}

async function* linesOnly(
  logs: AsyncGenerator<StreamedLog, void, undefined>,
): AsyncGenerator<LogLineView, void, undefined> {
  for await (const streamed of logs) if (streamed.kind === 'line') yield streamed.line;
}

function waitQuery({ waitMs }: WriteOptions): string {
  return waitMs === undefined ? '' : `?wait=${Math.round(waitMs)}ms`;
}

function servicePath(name: string): string {
  return `/v1/services/${encodeURIComponent(name)}`;
}

function eventsPath({ services, types }: EventFilter, after: number | undefined): string {
  const query = new URLSearchParams();
  if (services !== undefined) query.set('service', services.join(','));
  if (types !== undefined) query.set('type', types.join(','));
  if (after !== undefined) query.set('after', String(after));
  const text = query.toString();
  return text === '' ? '/v1/events' : `/v1/events?${text}`;
}
