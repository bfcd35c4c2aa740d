// Whether a run counts as started: with a startup probe when that has passed, without one when it is ready. Until then the
// startup timeout runs; after it a service that is not ready is waited for, as in Kubernetes.
import type { ServiceSpec } from './service-spec.ts';
import type { StartingState } from './service-state.ts';

export function awaitsStart(spec: ServiceSpec, state: StartingState): boolean {
  return spec.startup.kind === 'none' || state.startup === 'pending';
}
