// The real engine with the real core; in place of the adapters stand-ins that keep what they were asked for.
import type { RecordedEvent } from '../../../supervisor/core/event.ts';
import type { Input, ProbeAnswer } from '../../../supervisor/core/input.ts';
import type { Pid, RunId } from '../../../supervisor/core/names.ts';
import type { PlannedProbe } from '../../../supervisor/core/probe-plan.ts';
import type { ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import { Engine } from '../../../supervisor/engine/engine.ts';
import type { EnginePorts } from '../../../supervisor/engine/ports.ts';
import { fleetOf } from '../../support/specs.ts';

export type StartedProbe = {
  readonly planned: PlannedProbe;
  readonly launchedAtMs: number;
  readonly report: (answer: ProbeAnswer) => void;
  life: 'running' | 'over';
};

type ArmedTimer = { readonly atMs: number; readonly callback: () => void };

const nothing = (): void => undefined;

export class EngineRig {
  nowMs = 1000;
  readonly probes: StartedProbe[] = [];
  readonly timers = new Set<ArmedTimer>();
  readonly events: RecordedEvent[] = [];
  readonly faults: unknown[] = [];
  readonly engine: Engine;
  #lastPid = 100;

  constructor(...services: readonly ServiceSpec[]) {
    this.engine = new Engine(fleetOf(...services), this.#ports());
  }

  submit(input: Input): void {
    this.engine.submit(input);
  }

  apply(...services: readonly ServiceSpec[]): void {
    const command = { verb: 'apply', target: fleetOf(...services), id: 'c1', actor: 'uid:0' } as const;
    this.submit({ type: 'command', command });
  }

  state(name: string): string {
    return this.engine.fleet.services.find((record) => record.name === name)?.state.kind ?? 'not there';
  }

  get asking(): readonly StartedProbe[] {
    return this.probes.filter(({ life }) => life === 'running');
  }

  /** The newest probe that runs for this purpose gets this answer. */
  answer(purpose: PlannedProbe['purpose'], answer: ProbeAnswer): void {
    this.asking.findLast(({ planned }) => planned.purpose === purpose)?.report(answer);
  }

  get armedAtMs(): readonly number[] {
    return [...this.timers].map(({ atMs }) => atMs);
  }

  #ports(): EnginePorts {
    return {
      clock: {
        nowMs: () => this.nowMs,
        wallMs: () => this.nowMs,
        at: (atMs, callback) => this.#arm(atMs, callback),
        atWall: (atMs, callback) => this.#arm(atMs, callback),
      },
      calendar: () => undefined,
      random: () => 0,
      runs: {
        launch: () => ({
          kind: 'launched',
          pid: ++this.#lastPid as Pid,
          pipes: { stdout: undefined, stderr: undefined, notify: undefined },
          degraded: [],
        }),
        launchJob: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: '' } }),
        signalGroup: nothing,
        signalGroupOnly: nothing,
        signalLeader: nothing,
        stopLeader: nothing,
        followLeader: nothing,
      },
      attached: { attach: nothing, detach: nothing, signal: nothing, stop: nothing },
      probes: { start: (_spec, planned, launchedAtMs, report) => this.#start(planned, launchedAtMs, report) },
      notify: { open: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: '' } }) },
      watchNotify: () => ({ [Symbol.dispose]: nothing }),
      reload: () => Promise.resolve({ kind: 'done', detail: '' }),
      hook: () => Promise.resolve({ kind: 'done', detail: '' }),
      sweep: nothing,
      plane: {
        publish: (events) => this.events.push(...events),
        reply: nothing,
        lendJob: nothing,
        configured: nothing,
        requestApply: nothing,
      },
      logs: { lend: nothing, configured: nothing },
      exit: nothing,
      fault: (_where, error) => this.faults.push(error),
    };
  }

  #arm(atMs: number, callback: () => void): { cancel(): void } {
    const timer = { atMs, callback };
    this.timers.add(timer);
    return {
      cancel: () => {
        this.timers.delete(timer);
      },
    };
  }

  #start(planned: PlannedProbe, launchedAtMs: number, report: (answer: ProbeAnswer) => void): Disposable {
    const probe: StartedProbe = { planned, launchedAtMs, report, life: 'running' };
    this.probes.push(probe);
    return {
      [Symbol.dispose]: () => {
        probe.life = 'over';
      },
    };
  }

  run(name: string): RunId {
    return (this.engine.fleet.services.find((record) => record.name === name)?.lastRun ?? 0) as RunId;
  }
}
