// The typed client of the API over the control socket. It reads and commands; it prints nothing and decides nothing.
import type { CommandView, HealthView, VersionView } from '../wire/fleet-view.ts';
import type { EventsView, LogLineView } from '../wire/event-view.ts';
import type { ApplyView, PlanView } from '../wire/plan-view.ts';
import type { ServicesView, ServiceView } from '../wire/service-view.ts';
import { streamEvents, type StreamedEvent } from './event-stream.ts';
import { BosunUnreachable } from './failure.ts';
import { readLines } from './line-stream.ts';
import { sendForJson, sendForStream } from './transport.ts';

export type Cancel = { readonly signal?: AbortSignal | undefined };
export type EventFilter = {
  /** Events with a larger id. */
  readonly after?: number | undefined;
  readonly services?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
};
export type ServiceVerb = 'start' | 'stop' | 'restart' | 'reload';
export type CommandOptions = Cancel & {
  /** How long Bosun waits for the outcome before it answers; undefined: it answers at once. */
  readonly waitMs?: number | undefined;
};

/** Every method throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export class BosunClient {
  readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  async services(cancel: Cancel = {}): Promise<ServicesView> {
    return (await this.#get('/v1/services', cancel)) as ServicesView;
  }

  async service(name: string, cancel: Cancel = {}): Promise<ServiceView> {
    return (await this.#get(servicePath(name), cancel)) as ServiceView;
  }

  async health(cancel: Cancel = {}): Promise<HealthView> {
    const wanted = { method: 'GET', path: '/v1/health', ...cancel } as const;
    return (await sendForJson(this.socketPath, wanted, 503)) as HealthView;
  }

  async version(cancel: Cancel = {}): Promise<VersionView> {
    return (await this.#get('/v1/version', cancel)) as VersionView;
  }

  /** For all the services or for none. */
  async command(
    verb: ServiceVerb,
    services: readonly string[],
    options: CommandOptions = {},
  ): Promise<CommandView> {
    return (await this.#post(
      `/v1/commands${waitQuery(options)}`,
      { verb, services },
      options,
    )) as CommandView;
  }

  /** `signal`: a name such as SIGHUP or HUP; goes to the main process of the service. */
  async sendSignal(service: string, signal: string, cancel: Cancel = {}): Promise<CommandView> {
    return (await this.#post(`${servicePath(service)}/signal`, { signal }, cancel)) as CommandView;
  }

  /** What the configuration, as it is in the files now, would change. */
  async plan(cancel: Cancel = {}): Promise<PlanView> {
    return (await this.#get('/v1/plan', cancel)) as PlanView;
  }

  async apply(options: CommandOptions = {}): Promise<ApplyView> {
    return (await this.#post(`/v1/apply${waitQuery(options)}`, undefined, options)) as ApplyView;
  }

  async shutdown(cancel: Cancel = {}): Promise<CommandView> {
    return (await this.#post('/v1/shutdown', undefined, cancel)) as CommandView;
  }

  /** What is held, oldest first. */
  async events(filter: EventFilter = {}, cancel: Cancel = {}): Promise<EventsView> {
    return (await this.#get(eventsPath(filter, filter.after), cancel)) as EventsView;
  }

  /** Each event once, in order, also over a restart of the control plane. Without `after`: only new ones. */
  followEvents(
    filter: EventFilter = {},
    cancel: Cancel = {},
  ): AsyncGenerator<StreamedEvent, void, undefined> {
    const path = eventsPath(filter, undefined);
    return streamEvents(this.socketPath, { path, after: filter.after, signal: cancel.signal });
  }

  /** The newest `lines` that are held, oldest first. */
  logs(service: string, lines: number, cancel: Cancel = {}): AsyncGenerator<LogLineView, void, undefined> {
    return this.#logLines(`${servicePath(service)}/logs?lines=${lines}`, cancel);
  }

  /** The same, and then each new line. Ends when the control plane does. */
  followLogs(
    service: string,
    lines: number,
    cancel: Cancel = {},
  ): AsyncGenerator<LogLineView, void, undefined> {
    return this.#logLines(`${servicePath(service)}/logs?lines=${lines}&follow=true`, cancel);
  }

  async *#logLines(path: string, { signal }: Cancel): AsyncGenerator<LogLineView, void, undefined> {
    const incoming = await sendForStream(this.socketPath, { method: 'GET', path, signal });
    try {
      for await (const line of readLines(incoming)) if (line !== '') yield JSON.parse(line) as LogLineView;
    } catch (error) {
      signal?.throwIfAborted();
      throw new BosunUnreachable(this.socketPath, 'the connection ended', { cause: error });
    }
  }

  async #get(path: string, { signal }: Cancel): Promise<unknown> {
    return await sendForJson(this.socketPath, { method: 'GET', path, signal });
  }

  async #post(path: string, body: unknown, { signal }: Cancel): Promise<unknown> {
    return await sendForJson(this.socketPath, { method: 'POST', path, body, signal });
  }
}

function waitQuery({ waitMs }: CommandOptions): string {
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
