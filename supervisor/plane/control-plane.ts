// The control plane: takes the engine's messages one by one and gives them to its parts. Holds nothing that the engine
// could not give it again: a new one begins with `hello` and goes on.
import type { RecordedEvent } from '../core/event.ts';
import type { ToPlane } from '../core/plane-message.ts';
import { ApiServer } from './api/api-server.ts';
import { CommandDesk } from './commands/command-desk.ts';
import { Reconfiguration } from './configuration/reconfiguration.ts';
import { createFormat } from './logs/log-line.ts';
import { LogPipeline } from './logs/log-pipeline.ts';
import { narrate } from './logs/narrator.ts';
import type { Output } from './logs/open-stdout.ts';
import { OutputSink } from './logs/output-sink.ts';
import { createOwnFormat, createOwnLog, OWN_NAME, type OwnLog } from './logs/own-log.ts';
import type { Ports } from './ports.ts';
import { pidOf } from '../core/service-state.ts';
import { FleetView, type Hello } from './views/fleet-view.ts';

/** What `finish` may take in all, before the engine gives up on the answer. */
const FINISH_MS = 400;
/** A control plane that dies should be replaced within half a second. */
const SALVAGE_MS = 150;

type Parts = {
  readonly view: FleetView;
  readonly sink: OutputSink;
  readonly logs: LogPipeline;
  readonly log: OwnLog;
  readonly desk: CommandDesk;
  readonly reconfiguration: Reconfiguration;
  readonly server: ApiServer;
};

export class ControlPlane {
  readonly #ports: Ports;
  readonly #output: Output;
  #parts: Parts | undefined;

  constructor(ports: Ports, output: Output) {
    this.#ports = ports;
    this.#output = output;
  }

  receive(message: ToPlane): void {
    if (message.type === 'hello') {
      this.#begin(message);
      return;
    }
    if (this.#parts === undefined) throw new Error(`${message.type} came before hello`);
    const { logs, desk } = this.#parts;
    switch (message.type) {
      case 'events':
        this.#apply(this.#parts, message);
        return;
      case 'lend':
        logs.read(message.pipe);
        return;
      case 'lend-job':
        // TODO(issue 4, jobs).
        return;
      case 'reply':
        desk.reply(message.command, message.result);
        return;
      case 'apply-requested':
        this.#parts.reconfiguration.request(message.actor);
        return;
      case 'finish':
        void this.#finish(this.#parts);
        return;
      case 'break':
        throw new Error('fault injection: the control plane was told to throw');
    }
  }

  /**
   * The thread is about to die of an error. libuv still finishes its turn and would read from pipes into a thread that
   * cannot take it any more, so the pipes are left unread. What has been read is written, as far as the reader of
   * standard output takes it in time.
   */
  salvage(): void {
    this.#parts?.logs.setPressure('hold');
    this.#parts?.sink.salvage(performance.now() + SALVAGE_MS);
  }

  #begin(hello: Hello): void {
    const view = new FleetView(hello);
    const { sink, logs, log } = this.#createLogs(hello, view);
    const desk = new CommandDesk(this.#ports.post);
    const { settings } = hello;
    const { readConfiguration } = this.#ports;
    const reconfiguration = new Reconfiguration({ settings, view, desk, log, readConfiguration });
    const droppedLogLines = (): number => sink.droppedLines;
    const server = new ApiServer({
      context: {
        settings,
        view,
        desk,
        reconfiguration,
        logs,
        log,
        droppedLogLines,
        note: (event, actor) => {
          this.#ports.post({ type: 'note', event, actor, command: '' });
        },
      },
      peerCredentials: this.#ports.peerCredentials,
      onListening: (socketPath) => {
        this.#ports.post({ type: 'listening', socketPath });
      },
    });
    this.#parts = { view, sink, logs, log, desk, reconfiguration, server };
    for (const recorded of untold(hello.recentEvents)) tell(log, view, recorded);
    view.subscribe((recorded) => {
      tell(log, view, recorded);
    });
    void server.listen();
  }

  #apply({ view, logs }: Parts, message: Extract<ToPlane, { type: 'events' }>): void {
    // Before the events: a service that is new may be started in the same message.
    if (message.spec !== undefined) logs.serve(message.spec.services.map((service) => service.name));
    view.apply(message);
  }

  #createLogs({ settings, spec }: Hello, view: FleetView): Pick<Parts, 'sink' | 'logs' | 'log'> {
    const services = spec.services.map((service) => service.name);
    const { terminal } = this.#output;
    const color = terminal && (process.env['NO_COLOR'] ?? '') === '';
    const format = createFormat(settings.logFormat, { names: [OWN_NAME, ...services], color });
    const own = createOwnFormat({ format: settings.logFormat, formatLine: format, pid: settings.enginePid });
    const sink = new OutputSink({
      fd: this.#output.fd,
      lossNotice: (lines, errno) =>
        own({ level: 'warn', text: lossText(lines, errno), fields: { dropped: lines } }, Date.now()),
      onTrouble: (errno) => {
        this.#ports.post({ type: 'output-failed', errno });
      },
      onPressure: (pressure) => {
        logs.setPressure(pressure);
      },
    });
    const log = createOwnLog(sink, own);
    const logs = new LogPipeline({
      sink,
      format,
      services,
      pidOf: (pipe) => runPid(view, pipe.service, pipe.run),
      onDrained: ({ service, run, stream }) => {
        this.#ports.post({ type: 'drained', service, run, stream });
      },
      onFailed: ({ service, stream }, reason) => {
        log({ level: 'error', text: `cannot read ${stream} of ${service}: ${reason}` });
      },
      onMatched: ({ service, run }, purpose) => {
        this.#ports.post({ type: 'line-matched', service, run, purpose });
      },
      onUnusable: ({ service }, pattern) => {
        log({ level: 'error', text: `cannot look for ${pattern} in the output of ${service}` });
      },
    });
    return { sink, logs, log };
  }

  async #finish({ sink, logs, desk, server }: Parts): Promise<void> {
    const untilMs = performance.now() + FINISH_MS;
    desk.close();
    logs.finish(untilMs);
    await Promise.all([sink.drain(untilMs), server.close()]);
    this.#ports.post({ type: 'flushed' });
  }
}

function tell(log: OwnLog, view: FleetView, recorded: RecordedEvent): void {
  const { event } = recorded;
  const seen = 'service' in event ? view.find(event.service) : undefined;
  const subject = seen && { ...seen, history: view.histories.of(seen.record.name) };
  const message = narrate(recorded, subject);
  if (message !== undefined) log(message, recorded.timeMs);
}

/** What a former control plane has told up to its end is not told again. */
function untold(recent: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const failedAt = recent.findLastIndex(({ event }) => event.type === 'plane-failed');
  return recent.slice(Math.max(0, failedAt));
}

function runPid(view: FleetView, service: string, run: number): number | undefined {
  const record = view.find(service)?.record;
  return record?.lastRun === run ? pidOf(record.state) : undefined;
}

function lossText(lines: number, errno: string | undefined): string {
  const why =
    errno === undefined
      ? 'the reader of standard output did not keep up'
      : `write(2) to standard output failed with ${errno}`;
  return `${lines} log ${lines === 1 ? 'line was' : 'lines were'} dropped: ${why}`;
}
