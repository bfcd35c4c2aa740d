// Which probes must be running follows from the state alone, as with timers: none before there is a process, readiness
// while it starts and as long as it lives, liveness from the first time it was ready.
import type { ServiceRecord } from './fleet.ts';
import type { ProbePurpose } from './event.ts';
import type { RunId } from './names.ts';
import type { ProbeSpec, ServiceSpec } from './service-spec.ts';

export type PlannedProbe = {
  readonly run: RunId;
  readonly purpose: ProbePurpose;
  readonly probe: ProbeSpec;
  /** `eager`: the first success is awaited, so the probe repeats at once; `steady`: every `periodMs`. */
  readonly pace: 'eager' | 'steady';
};

const NONE: readonly PlannedProbe[] = [];

export function plannedProbes(spec: ServiceSpec, { state }: ServiceRecord): readonly PlannedProbe[] {
  switch (state.kind) {
    case 'starting':
      return state.process.kind === 'launched' ? readinessProbe(spec, state.run, 'eager') : NONE;
    case 'running':
    case 'unready':
      return [...readinessProbe(spec, state.run, 'steady'), ...livenessProbe(spec, state.run)];
    case 'stopped':
    case 'waiting':
    case 'stopping':
    case 'backoff':
    case 'completed':
    case 'failed':
    case 'skipped':
      return NONE;
  }
}

function readinessProbe(spec: ServiceSpec, run: RunId, pace: PlannedProbe['pace']): readonly PlannedProbe[] {
  if (spec.readiness.kind !== 'probe') return NONE;
  return [{ run, purpose: 'readiness', probe: spec.readiness.probe, pace }];
}

function livenessProbe(spec: ServiceSpec, run: RunId): readonly PlannedProbe[] {
  if (spec.liveness.kind !== 'probe') return NONE;
  return [{ run, purpose: 'liveness', probe: spec.liveness.probe, pace: 'steady' }];
}
