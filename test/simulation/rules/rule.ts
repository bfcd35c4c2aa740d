// What a rule is, and how the rules look things up. A rule holds after every step; it looks at the truth of the world where it can, not at
// what the core believes.
import type { Fleet, ServiceRecord } from '../../../supervisor/core/fleet.ts';
import type { ServiceName } from '../../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import type { ServiceState } from '../../../supervisor/core/service-state.ts';
import type { Step, World } from '../world.ts';

export type Rule = { readonly promise: string; check(step: Step, world: World): void };

export function recordOf(fleet: Fleet, name: ServiceName): ServiceRecord | undefined {
  return fleet.services.find((record) => record.name === name);
}

export function specOf(world: World, name: ServiceName): ServiceSpec | undefined {
  return world.model.spec.services.find((spec) => spec.name === name);
}

/** It would have to be ended if it were to be gone: written anew, not taken from the core. */
export function hasWork(spec: ServiceSpec | undefined, state: ServiceState): boolean {
  const live = ['starting', 'running', 'unready', 'stopping'].includes(state.kind);
  return live || (state.kind === 'completed' && spec?.down !== undefined);
}
