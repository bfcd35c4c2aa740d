// Joins the adapters to the engine: which object stands behind which port. No decision is made here.
import { isatty } from 'node:tty';
import type { MessagePort } from 'node:worker_threads';
import { isLive } from '../core/service-state.ts';
import { Counters } from '../engine/counters.ts';
import { Engine } from '../engine/engine.ts';
import { LogHost } from '../engine/log-host.ts';
import { PlaneHost } from '../engine/plane-host.ts';
import type { EnginePorts } from '../engine/ports.ts';
import type { AttachedProcesses } from '../os/attached-processes.ts';
import { type Clock, createClock } from '../os/clock.ts';
import { leavingRoom, roomToStart } from '../os/descriptor-room.ts';
import { JobLauncher } from '../os/job-launcher.ts';
import { Launcher } from '../os/launcher.ts';
import { watchNotifyPipe } from '../os/notify-pipe.ts';
import { ProcessTable } from '../os/process-table.ts';
import { ProgramLauncher } from '../os/program-launcher.ts';
import type { Reaper } from '../os/reaper.ts';
import { RunProcessGroups } from '../os/run-processes.ts';
import { CgroupServiceGroups } from '../os/service-groups.ts';
import type { Sweeper } from '../os/sweeper.ts';
import type { SystemCalls } from '../os/system-calls.ts';
import { createToolRunner, type ToolRunner } from '../os/tool.ts';
import { boundedTool, type BoundedTool } from './bounded-tool.ts';
import { CallTroubles } from './call-troubles.ts';
import { countedLogs, shareCounters } from './counted-logs.ts';
import { createAttached } from './create-attached.ts';
import { createLogs } from './create-logs.ts';
import { createPlane } from './create-plane.ts';
import { DropInPlane } from './drop-in-plane.ts';
import { DROP_IN_LOGS } from './drop-in-logs.ts';
import type { Composition } from './composition.ts';
import { installFaultInjection, threadBreakers } from './fault-injection.ts';
import { tell, tellFault } from './last-resort.ts';
import { NotifyChannels } from './notify-port.ts';
import { createProbePort } from './probe-port.ts';
import { calendar } from '../os/calendar.ts';
import { runHook } from './hook-command.ts';
import { runReload } from './reload-command.ts';
import { createRunObserver } from './run-observer.ts';
import { createReaper, createSweeper } from './reaping.ts';
import { createReplacement } from './create-replacement.ts';
import { settleIn } from './settle-in.ts';
import { takeOver } from './take-over.ts';
import { ToolGate } from './tool-gate.ts';
import type { Pid, RunId } from '../core/names.ts';

/** How long the last log lines may take to be written. */
const FLUSH_LIMIT_MS = 700;
const FLUSH_MIN_MS = 20;
/** Of that time; the logs have the rest. */
const SHARE_OF_PLANE = 0.6;

export class Supervisor {
  readonly #composition: Composition;
  readonly #table = new ProcessTable();
  readonly #troubles = new CallTroubles(
    (event) => {
      this.#engine.note(event);
    },
    () => this.#clock.nowMs(),
  );
  readonly #counters: Counters;
  readonly #parts: Parameters<typeof createReaper>[0];
  readonly #calls: SystemCalls;
  readonly #clock: Clock;
  readonly #tool: ToolRunner;
  readonly #gate = new ToolGate();
  readonly #boundedTool: BoundedTool;
  readonly #place = process.pid === 1 ? 'pid1' : 'below';
  readonly #runs: RunProcessGroups;
  readonly #attached: AttachedProcesses;
  readonly #notify: NotifyChannels;
  readonly #sweeper: Sweeper;
  readonly #plane: PlaneHost<MessagePort> | DropInPlane;
  readonly #logs: LogHost<MessagePort> | typeof DROP_IN_LOGS;
  readonly #engine: Engine;
  readonly #replacement: ReturnType<typeof createReplacement>;

  constructor(composition: Composition) {
    this.#composition = composition;
    const { spec, snapshot } = composition;
    this.#counters = new Counters(snapshot?.engine.spec ?? spec, snapshot?.counters);
    this.#calls = this.#troubles.withCloseTold(composition.calls);
    this.#clock = createClock(this.#calls, (call, errno) => {
      this.#troubles.tell(call, errno, 'a date on the calendar may come up to a minute late');
    });
    this.#tool = createToolRunner(this.#calls, this.#table, (program, errno) => {
      this.#troubles.tell('kill(2)', errno, `${program} goes on running although its time is over`);
    });
    this.#boundedTool = this.#gate.boundedTool(boundedTool(this.#tool));
    const owns = (run: RunId, pid: Pid): boolean => this.#runs.owns(run, pid);
    const notifyPorts = { calls: this.#calls, clock: this.#clock, owns, tell };
    this.#notify = new NotifyChannels(notifyPorts, composition.snapshot?.channels);
    this.#runs = this.#createRuns();
    this.#attached = createAttached(this.#calls, () => this.#engine);
    this.#parts = { calls: this.#calls, troubles: this.#troubles, engine: () => this.#engine };
    this.#sweeper = createSweeper(this.#parts, this.#place);
    this.#plane = composition.mode === 'drop-in' ? new DropInPlane() : this.#createPlane();
    this.#logs = this.#plane instanceof PlaneHost ? this.#createLogs(this.#plane) : DROP_IN_LOGS;
    this.#engine = this.#createEngine();
    this.#replacement = createReplacement({
      composition,
      calls: this.#calls,
      clock: this.#clock,
      table: this.#table,
      gate: this.#gate,
      tool: this.#tool,
      engine: this.#engine,
      plane: this.#plane,
      logs: this.#logs,
      runs: this.#runs,
      attached: this.#attached,
      notify: this.#notify,
      counters: this.#counters,
    });
  }

  start(): void {
    settleIn(this.#calls, this.#troubles, this.#place);
    const { resumed, snapshot, controlFiles } = this.#composition;
    if (snapshot !== undefined)
      takeOver(snapshot, {
        engine: this.#engine,
        runs: this.#runs,
        attached: this.#attached,
        controlFiles,
        clock: this.#clock,
      });
    const reaper = this.#createReaper();
    reaper.start();
    // What was there before us, or came while modules were loading.
    reaper.reap();
    const { resume, setAside } = resumed;
    if (snapshot === undefined) this.#engine.submit({ type: 'boot', resume });
    this.#composition.signals.listen(({ signal, number }) => {
      const attribution = { actor: `signal:${signal}`, command: '', cause: 0 };
      this.#engine.submit({ type: 'signal-received', signal, number }, attribution);
    });
    for (const event of setAside) this.#engine.note(event);
    // The services write already.
    this.#logs.start();
    this.#plane.start();
    installFaultInjection(process.env, threadBreakers(this.#plane, this.#logs));
  }

  #createReaper(): Reaper {
    return createReaper(this.#parts, this.#table, (report) => {
      for (const { entry } of report.exited) this.#notify.drain(entry.run);
      this.#counters.count('orphansReaped', report.orphans);
      this.#runs.onReaped(report);
      this.#sweeper.check();
    });
  }

  #createRuns(): RunProcessGroups {
    // Not process.stdin: to open it makes the terminal non-blocking, also for the command that it is passed on to.
    const terminal = isatty(0) ? 'present' : 'absent';
    const groups = new CgroupServiceGroups(this.#composition.controlFiles, this.#place);
    const calls = leavingRoom(this.#calls, () => this.#plane.unlent);
    const jobCalls = leavingRoom(this.#calls, () => this.#plane.unlent + this.#roomForServices);
    const programs = new ProgramLauncher(calls, this.#table, groups);
    const launchers = {
      services: new Launcher(calls, programs, terminal),
      jobs: new JobLauncher(jobCalls, programs),
      orphans: 'ours',
      memory: groups.memory,
    } as const;
    const observer = createRunObserver({
      submit: (input) => {
        this.#engine.submit(input);
      },
      note: (event) => {
        this.#engine.note(event);
      },
      troubles: this.#troubles,
      used: (service, usage) => {
        this.#counters.used(service, usage);
      },
    });
    return new RunProcessGroups(this.#calls, this.#table, launchers, observer);
  }

  /** Jobs leave the descriptors that the services will want which do not run just now. */
  get #roomForServices(): number {
    const atRest = this.#engine.fleet.services.filter(({ state }) => !isLive(state));
    return roomToStart(atRest.length);
  }

  #createEngine(): Engine {
    const clock = this.#clock;
    const ports: EnginePorts = {
      clock,
      calendar,
      random: Math.random,
      runs: this.#runs,
      attached: this.#attached,
      probes: createProbePort(
        this.#gate.probeTool(this.#tool),
        clock,
        () => this.#gate.opened(),
        this.#counters,
      ),
      notify: this.#notify,
      watchNotify: watchNotifyPipe,
      hook: (service, request, signal) => {
        // It may end the run without a signal of ours.
        if (request.hook === 'pre_stop' || request.hook === 'stop') this.#runs.noteStrays(request.run);
        return runHook(this.#boundedTool, service, request, signal);
      },
      reload: (service, signal) => runReload(this.#boundedTool, service, signal),
      sweep: (signal) => {
        this.#sweeper.sweep(signal);
      },
      plane: this.#plane,
      logs: countedLogs(this.#logs, this.#counters, this.#shareCounters),
      exit: (code, byMs) => {
        const limitMs = Math.min(FLUSH_LIMIT_MS, Math.max(FLUSH_MIN_MS, byMs - clock.nowMs()));
        void this.#flush(limitMs).then(() => {
          this.#composition.exit(code);
        });
      },
      fault: tellFault,
    };
    return new Engine(this.#composition.spec, ports, this.#composition.resumed.numbering);
  }

  /** The last lines of the control plane go through the logs. */
  async #flush(limitMs: number): Promise<void> {
    const untilMs = this.#clock.nowMs() + limitMs;
    await this.#plane.finish(limitMs * SHARE_OF_PLANE);
    await this.#logs.finish(Math.max(FLUSH_MIN_MS, untilMs - this.#clock.nowMs()), 'write');
  }

  readonly #shareCounters = (): void => {
    shareCounters(this.#plane, this.#logs, this.#counters);
  };

  #createPlane(): PlaneHost<MessagePort> {
    return createPlane({
      entry: this.#composition.workerEntry,
      settings: this.#composition.settings,
      calls: this.#calls,
      troubles: this.#troubles,
      engine: () => this.#engine,
      begun: () => {
        if (this.#logs instanceof LogHost) this.#logs.connect();
        this.#counters.count('planeStarts', 1);
        this.#shareCounters();
      },
      upgrade: (request) => {
        void this.#replacement?.upgrade(request);
      },
      saved: this.#composition.snapshot?.plane,
    });
  }

  #createLogs(plane: PlaneHost<MessagePort>): LogHost<MessagePort> {
    return createLogs({
      entry: this.#composition.logWorkerEntry,
      settings: this.#composition.logs,
      calls: this.#calls,
      troubles: this.#troubles,
      engine: () => this.#engine,
      joinPlane: (port, bell, board) => {
        plane.joinLogs(port, bell, board);
      },
      saved: this.#composition.snapshot?.logs,
    });
  }
}
