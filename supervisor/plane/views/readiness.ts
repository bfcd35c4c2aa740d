// Whether what the container is for can be used: its essential services and its main one are ready. Others may come and go.
import type { Phase } from '../../core/fleet.ts';
import type { Importance } from '../../core/service-spec.ts';
import type { StateName } from '../../core/service-state.ts';
import type { FleetView } from './fleet-view.ts';
import { isReady } from './service-projection.ts';

export type Readiness = {
  readonly phase: Phase['kind'];
  readonly notReady: readonly {
    readonly service: string;
    readonly importance: Importance;
    readonly state: StateName;
  }[];
};

export function projectReadiness(view: FleetView): Readiness {
  const notReady = view
    .all()
    .filter(({ spec, record }) => spec.importance !== 'normal' && !isReady(spec, record.state))
    .map(({ spec, record }) => ({
      service: record.name,
      importance: spec.importance,
      state: record.state.kind,
    }));
  return { phase: view.fleet.phase.kind, notReady };
}
