// The running probes of the engine: keeps them equal to what the state asks for (core/probe-plan.ts). Owns no policy.
import type { ProbePurpose } from '../core/event.ts';
import type { ProbeAnswer } from '../core/input.ts';
import type { RunId, ServiceName } from '../core/names.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import type { ServiceSpec } from '../core/service-spec.ts';
import type { ProbePort } from './ports.ts';

type Running = { readonly planned: PlannedProbe; readonly loop: Disposable };
type Report = (service: ServiceName, run: RunId, purpose: ProbePurpose, answer: ProbeAnswer) => void;

export class ProbeSet {
  readonly #port: ProbePort;
  readonly #report: Report;
  readonly #running = new Map<ServiceName, readonly Running[]>();

  constructor(port: ProbePort, report: Report) {
    this.#port = port;
    this.#report = report;
  }

  /** Stops what is not planned any more, leaves alone what is, starts the rest. */
  reconcile(spec: ServiceSpec, planned: readonly PlannedProbe[]): void {
    const before = this.#running.get(spec.name) ?? [];
    if (before.length === 0 && planned.length === 0) return;
    const kept = before.filter((running) => planned.some((plan) => isSame(plan, running.planned)));
    for (const running of before) if (!kept.includes(running)) running.loop[Symbol.dispose]();
    const fresh = planned.filter((plan) => !kept.some((running) => isSame(plan, running.planned)));
    this.#running.set(spec.name, [...kept, ...fresh.map((plan) => this.#start(spec, plan))]);
  }

  #start(spec: ServiceSpec, planned: PlannedProbe): Running {
    const loop = this.#port.start(spec, planned, (answer) => {
      this.#report(spec.name, planned.run, planned.purpose, answer);
    });
    return { planned, loop };
  }
}

function isSame(a: PlannedProbe, b: PlannedProbe): boolean {
  return a.run === b.run && a.purpose === b.purpose && a.pace === b.pace;
}
