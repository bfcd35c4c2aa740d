// Joins the adapters to the engine: which object stands behind which port. No decision is made here.
import { isatty } from 'node:tty';
import type { FromPlane, PlaneSettings } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import { Engine } from '../engine/engine.ts';
import { PlaneHost } from '../engine/plane-host.ts';
import { clock } from '../os/clock.ts';
import { Launcher } from '../os/launcher.ts';
import { libc } from '../os/libc.ts';
import { watchNotifyPipe } from '../os/notify-pipe.ts';
import { startPlaneThread } from '../os/plane-thread.ts';
import { ProcessTable } from '../os/process-table.ts';
import { Reaper } from '../os/reaper.ts';
import type { ReceivedSignals } from '../os/received-signals.ts';
import { RunProcessGroups } from '../os/run-processes.ts';
import { Sweeper } from '../os/sweeper.ts';
import { createToolRunner } from '../os/tool.ts';
import { DropInPlane } from './drop-in-plane.ts';
import { installFaultInjection } from './fault-injection.ts';
import { tell, tellFault } from './last-resort.ts';
import { createProbePort } from './probe-port.ts';
import { calendar } from '../os/calendar.ts';
import { runHook } from './hook-command.ts';
import { runReload } from './reload-command.ts';

export type Composition = {
  readonly mode: 'supervisor' | 'drop-in';
  readonly spec: FleetSpec;
  readonly settings: PlaneSettings;
  readonly signals: ReceivedSignals;
  readonly workerEntry: URL;
  readonly exit: (code: number) => void;
};

/** How long the last log lines may take to be written. */
const FLUSH_LIMIT_MS = 700;
const FLUSH_MIN_MS = 20;

export class Supervisor {
  readonly #composition: Composition;
  readonly #table = new ProcessTable();
  readonly #tool = createToolRunner(libc, this.#table);
  readonly #place = process.pid === 1 ? 'pid1' : 'below';
  readonly #runs: RunProcessGroups;
  readonly #sweeper: Sweeper;
  readonly #plane: PlaneHost | DropInPlane;
  readonly #engine: Engine;

  constructor(composition: Composition) {
    this.#composition = composition;
    this.#runs = this.#createRuns();
    this.#sweeper = new Sweeper(libc, this.#place, () => {
      this.#engine.submit({ type: 'swept' });
    });
    this.#plane = composition.mode === 'drop-in' ? new DropInPlane() : this.#createPlane();
    this.#engine = this.#createEngine();
  }

  start(): void {
    // What whoever started us left open is not the services' business.
    libc.closeOnExecFrom(3);
    if (this.#place === 'below') libc.becomeSubreaper();
    const reaper = new Reaper(libc, this.#table, (report) => {
      this.#runs.onReaped(report);
      this.#sweeper.check();
    });
    reaper.start();
    // What was there before us, or came while modules were loading.
    reaper.reap();
    this.#engine.submit({ type: 'boot' });
    this.#composition.signals.listen(({ signal, number }) => {
      const attribution = { actor: `signal:${signal}`, command: '' };
      this.#engine.submit({ type: 'signal-received', signal, number }, attribution);
    });
    this.#plane.start();
    installFaultInjection(process.env, () => {
      if (this.#plane instanceof PlaneHost) this.#plane.breakWorker();
    });
  }

  #createRuns(): RunProcessGroups {
    // Not process.stdin: to open it makes the terminal non-blocking, also for the command that it is passed on to.
    const terminal = isatty(0) ? 'present' : 'absent';
    return new RunProcessGroups(libc, new Launcher(libc, this.#table, terminal), {
      exited: (service, run, exit, group) => {
        this.#engine.submit({ type: 'exited', service, run, exit, group });
      },
      groupEmptied: (service, run) => {
        this.#engine.submit({ type: 'group-emptied', service, run });
      },
    });
  }

  #createEngine(): Engine {
    return new Engine(this.#composition.spec, {
      clock,
      calendar,
      random: Math.random,
      runs: this.#runs,
      probes: createProbePort(this.#tool),
      notify: { open: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: 'sd_notify' } }) },
      watchNotify: watchNotifyPipe,
      hook: (service, request, signal) => runHook(this.#tool, service, request, signal),
      reload: (service, signal) => runReload(this.#tool, service, signal),
      sweep: (signal) => {
        this.#sweeper.sweep(signal);
      },
      plane: this.#plane,
      exit: (code, byMs) => {
        const limitMs = Math.min(FLUSH_LIMIT_MS, Math.max(FLUSH_MIN_MS, byMs - clock.nowMs()));
        void this.#plane.finish(limitMs).then(() => {
          this.#composition.exit(code);
        });
      },
      fault: tellFault,
    });
  }

  #createPlane(): PlaneHost {
    return new PlaneHost({
      startWorker: (observer) =>
        startPlaneThread(this.#composition.workerEntry, {
          // The worker is ours: what it posts has the shape of FromPlane by construction.
          message: (message) => {
            observer.message(message as FromPlane);
          },
          ended: (reason) => {
            observer.ended(reason);
          },
        }),
      duplicate: (fd) => {
        const copy = libc.duplicate(fd);
        return copy.ok ? copy.value : undefined;
      },
      close: (fd) => {
        libc.close(fd);
      },
      hello: () => ({
        type: 'hello',
        settings: this.#composition.settings,
        spec: this.#composition.spec,
        fleet: this.#engine.fleet,
        lastEventId: this.#engine.recorder.lastId,
        recentEvents: this.#engine.recorder.recent,
      }),
      command: (command) => {
        this.#engine.submit({ type: 'command', command }, { actor: command.actor, command: command.id });
      },
      listening: (_path, start) => {
        if (start === 'again') this.#engine.note({ type: 'plane-restarted' });
      },
      lineMatched: ({ service, run, purpose }) => {
        this.#engine.submit({ type: 'probed', service, run, purpose, answer: { kind: 'ok' } });
      },
      failed: (reason) => {
        // On stderr too: without a control plane nobody could ask for the event.
        tell(`bosun: the control plane failed: ${reason}; another one is started`);
        this.#engine.note({ type: 'plane-failed', reason });
      },
    });
  }
}
