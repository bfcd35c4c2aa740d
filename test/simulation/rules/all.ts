// All rules of the simulation, and the one that is checked at the end of a schedule only, because it replays everything.
import assert from 'node:assert/strict';
import { evolve } from '../../../supervisor/core/evolve.ts';
import { createFleet } from '../../../supervisor/core/fleet.ts';
import type { World } from '../world.ts';
import { ATTACHING } from './attaching.ts';
import { CONFIGURING } from './configuring.ts';
import { ENDING } from './ending.ts';
import { JOBS } from './jobs.ts';
import type { Rule } from './rule.ts';
import { STARTING } from './starting.ts';
import { STOPPING } from './stopping.ts';

export const RULES: readonly Rule[] = [
  ...STARTING,
  ...STOPPING,
  ...ENDING,
  ...CONFIGURING,
  ...ATTACHING,
  ...JOBS,
];

export function checkReplay(world: World): void {
  const replayed = world.events.reduce((fleet, event) => evolve(fleet, event), createFleet(world.firstNames));
  assert.deepEqual(replayed, world.fleet, 'P10: replaying the events does not give the state');
}
