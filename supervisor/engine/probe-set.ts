// The running probes of the engine: keeps them equal to what the state asks for (core/probe-plan.ts). Owns no policy.
import type { ProbePurpose } from '../core/event.ts';
import type { ProbeAnswer } from '../core/input.ts';
import type { RunId, ServiceName } from '../core/names.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import { isSameData } from '../core/same-data.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { ProbePort } from './ports.ts';

type Running = { readonly planned: PlannedProbe; readonly loop: Disposable };
type Launched = { readonly run: RunId; readonly atMs: number };
export type Launches = ReadonlyMap<ServiceName, Launched>;
type Report = (service: ServiceName, run: RunId, purpose: ProbePurpose, answer: ProbeAnswer) => void;

export class ProbeSet {
  readonly #port: ProbePort;
  readonly #report: Report;
  readonly #running = new Map<ServiceName, readonly Running[]>();
  readonly #launched = new Map<ServiceName, Launched>();

  constructor(port: ProbePort, report: Report) {
    this.#port = port;
    this.#report = report;
  }

  get launches(): Launches {
    return new Map(this.#launched);
  }

  /** Of runs that another process image has launched. */
  resume(launches: Launches): void {
    for (const [service, { run, atMs }] of launches) this.launched(service, run, atMs);
  }

  /** The moment from which the initial delays of the run count. */
  launched(service: ServiceName, run: RunId, atMs: number): void {
    this.#launched.set(service, { run, atMs });
  }

  /** The service is not in the configuration any more. */
  forget(service: ServiceName): void {
    for (const { loop } of this.#running.get(service) ?? []) loop[Symbol.dispose]();
    this.#running.delete(service);
    this.#launched.delete(service);
  }

  /** Stops what is not planned any more, leaves alone what is, starts the rest. */
  reconcile(spec: ServiceSpec, planned: readonly PlannedProbe[]): void {
    const before = this.#running.get(spec.name) ?? [];
    if (before.length === 0 && planned.length === 0) return;
    const kept = before.filter((running) => planned.some((plan) => isSameData(plan, running.planned)));
    for (const running of before) if (!kept.includes(running)) running.loop[Symbol.dispose]();
    const fresh = planned.filter((plan) => !kept.some((running) => isSameData(plan, running.planned)));
    this.#running.set(spec.name, [...kept, ...fresh.map((plan) => this.#start(spec, plan))]);
  }

  #start(spec: ServiceSpec, planned: PlannedProbe): Running {
    const loop = this.#port.start(spec, planned, this.#launchedAtMs(spec.name, planned.run), (answer) => {
      this.#report(spec.name, planned.run, planned.purpose, answer);
    });
    return { planned, loop };
  }

  /** 0, long ago: a run that this engine has not launched itself. */
  #launchedAtMs(service: ServiceName, run: RunId): number {
    const launched = this.#launched.get(service);
    return launched?.run === run ? launched.atMs : 0;
  }
}
