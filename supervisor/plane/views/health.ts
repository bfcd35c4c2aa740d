// Whether the whole is well: every service that is wanted and can run is ready, and nothing is being stopped.
import type { HealthView } from '../../wire/fleet-view.ts';
import type { FleetView } from './fleet-view.ts';
import { isReady, projectService } from './service-projection.ts';

export function projectHealth(view: FleetView, droppedLogLines: number): HealthView {
  const services = view.all();
  const expected = services.filter(
    ({ record: { wanted, state, configured } }) =>
      wanted === 'up' && configured !== 'removed' && state.kind !== 'skipped',
  );
  const notReady = expected.filter(({ spec, record }) => !isReady(spec, record.state));
  const phase = view.fleet.phase.kind;
  return {
    status: phase === 'up' && notReady.length === 0 ? 'healthy' : 'unhealthy',
    phase,
    not_ready: notReady.map((seen) => {
      const { name, state, note } = projectService(view, seen);
      return { service: name, state, note };
    }),
    ready: services.filter(({ spec, record }) => isReady(spec, record.state)).length,
    skipped: services.filter(({ record }) => record.state.kind === 'skipped').length,
    dropped_log_lines: droppedLogLines,
  };
}
