// What is wanted of a service now: what the operator wants, unless the container is being stopped.
// A shutdown does not change the operator's wish, so that it outlives the container.
import type { Fleet, ServiceRecord } from './fleet.ts';

export function isWantedUp(fleet: Fleet, record: ServiceRecord): boolean {
  return fleet.phase.kind === 'up' && record.wanted === 'up';
}
