// The control plane: takes the engine's messages one by one and gives them to its parts. Holds nothing that the engine
// could not give it again: a new one begins with `hello` and goes on.
import type { ApplicationEvent } from '../core/application-event.ts';
import type { AuditEvent } from '../core/event.ts';
import type { ToPlane } from '../core/plane-message.ts';
import { ApiKeys } from './access/api-keys.ts';
import { KeyFile } from './access/key-file.ts';
import { ApplicationDesk } from './application/application-desk.ts';
import { ApiServer } from './api/api-server.ts';
import { EventIntake } from './event-intake.ts';
import { CommandDesk } from './commands/command-desk.ts';
import { UpgradeDesk } from './commands/upgrade-desk.ts';
import { Reconfiguration } from './configuration/reconfiguration.ts';
import { Journal } from './journal/journal.ts';
import { JournalEventLog } from './journal/journal-event-log.ts';
import { ViewRebuild } from './journal/rebuild.ts';
import { restoreState } from './journal/replay.ts';
import { Jobs } from './jobs/jobs.ts';
import { tellEvents } from './event-telling.ts';
import type { OwnLog } from './logs/own-log.ts';
import { PlaneLogs } from './logs/plane-logs.ts';
import { Metrics, type MetricsParts } from './metrics/metrics.ts';
import type { Ports } from './ports.ts';
import type { Tracing } from './tracing/tracing.ts';
import { FleetView, type Hello } from './views/fleet-view.ts';

/** What `finish` may take in all, before the engine gives up on the answer. */
const FINISH_MS = 400;

type Parts = {
  readonly view: FleetView;
  readonly journal: Journal;
  readonly intake: EventIntake;
  readonly logs: PlaneLogs;
  readonly log: OwnLog;
  readonly desk: CommandDesk;
  readonly jobs: Jobs;
  readonly applications: ApplicationDesk;
  readonly reconfiguration: Reconfiguration;
  readonly server: ApiServer;
  readonly metrics: Metrics;
  readonly tracing: Tracing | undefined;
};

export class ControlPlane {
  readonly #ports: Ports;
  readonly #upgrades: UpgradeDesk;
  #parts: Parts | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#upgrades = new UpgradeDesk(ports.post);
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
        intake.take(message);
        return;
      case 'logs':
        logs.client.join(message);
        return;
      case 'counters':
        this.#parts.metrics.shared.join(message.counters);
        return;
      case 'lend-job':
        this.#parts.jobs.lend(message.end);
        return;
      case 'reply':
        desk.reply(message.command, message.result);
        return;
      case 'upgrade-answered':
        this.#upgrades.answer(message.id, message.answer);
        return;
      case 'apply-requested':
        this.#parts.reconfiguration.request(message.actor);
        return;
      case 'finish':
        void this.#finish(this.#parts, message.handOver);
        return;
      case 'break':
        throw new Error('fault injection: the control plane was told to throw');
    }
  }

  /**
   * The thread is about to die of an error. libuv still finishes its turn and would read from the jobs' pipes into a thread that cannot take
   * it any more, so they are left unread.
   */
  salvage(): void {
    this.#parts?.jobs.hold();
  }

  #begin(hello: Hello): void {
    const journal = this.#createJournal(hello);
    const view = new FleetView(hello, {
      restore: (log) => restoreState(journal, log),
      logWith: (ring) => new JournalEventLog(ring, journal),
    });
    journal.settle(view.state, view.events.lastId);
    const logs = new PlaneLogs(hello, view, this.#ports);
    const { client, log } = logs;
    const desk = new CommandDesk(this.#ports.post);
    const jobs = this.#createJobs(hello, { view, log, desk });
    const { settings } = hello;
    const reconfiguration = new Reconfiguration({ ...this.#ports, settings, view, desk, log });
    const applications = new ApplicationDesk(view, this.#note);
    const metrics = createMetrics(hello, { view, journal, logs });
    const server = new ApiServer({
      context: {
        settings,
        view,
        desk,
        upgrades: this.#upgrades,
        jobs,
        applications,
        prepareJob: this.#ports.prepareJob,
        reconfiguration,
        logs: client,
        shipping: logs.shipping,
        log,
        droppedLogLines: () => client.droppedLines,
        journal,
        rebuild: new ViewRebuild(journal, view),
        note: this.#note,
        metrics,
        keys: new ApiKeys(new KeyFile(settings.stateDir), this.#note),
      },
      ...this.#serverPorts(),
    });
    const intake = new EventIntake(journal, view);
    this.#parts = {
      view,
      journal,
      intake,
      logs,
      log,
      desk,
      jobs,
      applications,
      reconfiguration,
      server,
      metrics,
      tracing: tellEvents(hello, view, log),
    };
    void server.listen();
    logs.start();
  }

  readonly #note = (event: AuditEvent | ApplicationEvent, actor: string, command = ''): void => {
    this.#ports.post({ type: 'note', event, actor, command });
  };

  #serverPorts(): Omit<ConstructorParameters<typeof ApiServer>[0], 'context'> {
    const { peerCredentials, peerGroups, post } = this.#ports;
    const onListening = (socketPath: string): void => {
      post({ type: 'listening', socketPath });
    };
    return { peerCredentials, peerGroups, onListening };
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

  async #finish(
    { view, journal, intake, logs, desk, jobs, applications, server, tracing }: Parts,
    handOver: 'yes' | undefined,
  ): Promise<void> {
    const untilMs = performance.now() + FINISH_MS;
    desk.close();
    if (handOver === 'yes') jobs.hold();
    else jobs.finish(untilMs);
    await Promise.all([applications.close(), server.close(), logs.finish(untilMs), tracing?.finish(untilMs)]);
    intake.flush();
    journal.close(view.state, view.events.lastId);
    this.#ports.post({ type: 'flushed' });
  }
}

function createMetrics(
  { settings: { version, enginePid } }: Hello,
  { view, journal, logs }: Pick<Parts, 'view' | 'journal' | 'logs'>,
): Metrics {
  const sinks = (): ReturnType<MetricsParts['sinks']> => logs.shipping.status();
  return new Metrics({ view, version, enginePid, journal: () => journal.report, sinks });
}
