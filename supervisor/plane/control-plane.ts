// The control plane: takes the engine's messages one by one and gives them to its parts. Holds nothing that the engine
// could not give it again: a new one begins with `hello` and goes on.
import type { RecordedEvent } from '../core/event.ts';
import type { ToPlane } from '../core/plane-message.ts';
import { ApiKeys } from './access/api-keys.ts';
import { KeyFile } from './access/key-file.ts';
import { ApiServer } from './api/api-server.ts';
import type { ApiContext } from './api/context.ts';
import { EventIntake } from './event-intake.ts';
import { CommandDesk } from './commands/command-desk.ts';
import { Reconfiguration } from './configuration/reconfiguration.ts';
import { Journal } from './journal/journal.ts';
import { JournalEventLog } from './journal/journal-event-log.ts';
import { ViewRebuild } from './journal/rebuild.ts';
import { restoreState } from './journal/replay.ts';
import { Jobs } from './jobs/jobs.ts';
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
  readonly journal: Journal;
  readonly intake: EventIntake;
  readonly sink: OutputSink;
  readonly logs: LogPipeline;
  readonly log: OwnLog;
  readonly desk: CommandDesk;
  readonly jobs: Jobs;
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
    const { logs, desk, intake } = this.#parts;
    if (message.type !== 'events') intake.flush();
    switch (message.type) {
      case 'events':
        // Before the events: a service that is new may be started in the same message.
        if (message.spec !== undefined) logs.serve(message.spec.services.map((service) => service.name));
        intake.take(message);
        return;
      case 'lend':
        logs.read(message.pipe);
        return;
      case 'lend-job':
        this.#parts.jobs.lend(message.end);
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
    this.#parts?.jobs.hold();
    this.#parts?.sink.salvage(performance.now() + SALVAGE_MS);
  }

  #begin(hello: Hello): void {
    const journal = this.#createJournal(hello);
    const view = new FleetView(hello, {
      restore: (log) => restoreState(journal, log),
      logWith: (ring) => new JournalEventLog(ring, journal),
    });
    journal.settle(view.state, view.events.lastId);
    const { sink, logs, log } = this.#createLogs(hello, view);
    const desk = new CommandDesk(this.#ports.post);
    const jobs = this.#createJobs(hello, { view, log, desk });
    const { settings } = hello;
    const { readConfiguration } = this.#ports;
    const reconfiguration = new Reconfiguration({ settings, view, desk, log, readConfiguration });
    const droppedLogLines = (): number => sink.droppedLines;
    const note: ApiContext['note'] = (event, actor) => {
      this.#ports.post({ type: 'note', event, actor, command: '' });
    };
    const server = new ApiServer({
      context: {
        settings,
        view,
        desk,
        jobs,
        prepareJob: this.#ports.prepareJob,
        reconfiguration,
        logs,
        log,
        droppedLogLines,
        journal,
        rebuild: new ViewRebuild(journal, view),
        note,
        keys: new ApiKeys(new KeyFile(settings.stateDir), note),
      },
      peerCredentials: this.#ports.peerCredentials,
      peerGroups: this.#ports.peerGroups,
      onListening: (socketPath) => {
        this.#ports.post({ type: 'listening', socketPath });
      },
    });
    const intake = new EventIntake(journal, view);
    this.#parts = { view, journal, intake, sink, logs, log, desk, jobs, reconfiguration, server };
    for (const recorded of untold(hello.recentEvents)) tell(log, view, recorded);
    view.subscribe((recorded) => {
      tell(log, view, recorded);
    });
    void server.listen();
  }

  #createJobs({ settings }: Hello, { view, log, desk }: Pick<Parts, 'view' | 'log' | 'desk'>): Jobs {
    const { post, resizeTerminal } = this.#ports;
    return new Jobs({
      stateDir: settings.stateDir,
      view,
      post,
      log,
      resizeTerminal,
      hangUp: (job) => {
        void desk.submit('bosun', { verb: 'stop-job', job, cause: 'hangup' });
      },
      sendSignal: (job, signal, actor) => {
        void desk.submit(actor, { verb: 'signal-job', job, signal });
      },
    });
  }

  /** On the disk before anybody can see it; then the views. */
  #createJournal({ settings, recentEvents, lastEventId }: Hello): Journal {
    const journal = new Journal(settings.stateDir, settings.journal, {
      note: (event) => {
        this.#ports.post({ type: 'note', event, actor: 'bosun', command: '' });
      },
      written: (upToId) => {
        this.#ports.post({ type: 'journaled', upToId });
      },
    });
    journal.begin(recentEvents, lastEventId);
    return journal;
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

  async #finish({ view, journal, intake, sink, logs, desk, jobs, server }: Parts): Promise<void> {
    const untilMs = performance.now() + FINISH_MS;
    desk.close();
    logs.finish(untilMs);
    jobs.finish(untilMs);
    await Promise.all([sink.drain(untilMs), server.close()]);
    intake.flush();
    journal.close(view.state, view.events.lastId);
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
