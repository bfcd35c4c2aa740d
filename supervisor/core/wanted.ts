// What is wanted of a service now: what the operator wants, unless the container is being stopped or the configuration has it no more.
// Neither changes the operator's wish, so that it outlives the container, and a service that is taken back in.
import type { Fleet, ServiceRecord } from './fleet.ts';

export function isWantedUp(fleet: Fleet, record: ServiceRecord): boolean {
  return fleet.phase.kind === 'up' && record.wanted === 'up' && record.configured !== 'removed';
}
