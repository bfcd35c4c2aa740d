// Which probes must be running follows from the state alone, as with timers: none before there is a process; then startup, and
// nothing else until it has passed; then readiness as long as the run lives, and liveness once it has started.
import type { ServiceRecord } from './fleet.ts';
import type { ProbePurpose } from './event.ts';
import type { RunId } from './names.ts';
import type { ProbeSpec } from './probe-spec.ts';
import type { ServiceSpec } from './service-spec.ts';
import type { StartingState } from './service-state.ts';

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
      return state.process.kind === 'launched' ? whileStarting(spec, state) : NONE;
    case 'running':
    case 'unready':
      return [...readinessProbe(spec, state.run, 'steady'), ...livenessProbe(spec, state.run)];
    case 'stopped':
    case 'waiting':
    case 'stopping':
    case 'backoff':
    case 'scheduled':
    case 'completed':
    case 'failed':
    case 'skipped':
      return NONE;
  }
}

function whileStarting(spec: ServiceSpec, { run, startup }: StartingState): readonly PlannedProbe[] {
  if (spec.startup.kind === 'none') return readinessProbe(spec, run, 'eager');
  if (startup === 'passed') return [...readinessProbe(spec, run, 'eager'), ...livenessProbe(spec, run)];
  if (spec.startup.kind === 'log') return NONE;
  return [{ run, purpose: 'startup', probe: spec.startup.probe, pace: 'eager' }];
}

function readinessProbe(spec: ServiceSpec, run: RunId, pace: PlannedProbe['pace']): readonly PlannedProbe[] {
  if (spec.readiness.kind !== 'probe') return NONE;
  return [{ run, purpose: 'readiness', probe: spec.readiness.probe, pace }];
}

function livenessProbe(spec: ServiceSpec, run: RunId): readonly PlannedProbe[] {
  if (spec.liveness.kind !== 'probe') return NONE;
  return [{ run, purpose: 'liveness', probe: spec.liveness.probe, pace: 'steady' }];
}
