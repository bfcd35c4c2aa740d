// One simulated schedule: a fleet, then as many happenings as there are choices, then an orderly end that must come.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Choices } from './choices.ts';
import { fleetFrom } from './fleet-from.ts';
import { happen } from './happenings.ts';
import { rememberMany } from './job-happenings.ts';
import { checkReplay, RULES } from './rules/all.ts';
import { type Watcher, World } from './world.ts';

export const choiceStream = fc.array(fc.nat(1 << 16), { minLength: 60, maxLength: 600, size: 'max' });

/** Schedules that begin with as many ended jobs as are remembered: they are slow. */
const MANY_JOBS_ONE_IN = 256;

/** Throws what the broken rule throws, with its promise in front. `told` hears of every step before the rules look at it. */
export function runSchedule(stream: readonly number[], told?: Watcher): void {
  const choices = new Choices(stream);
  const spec = fleetFrom(choices);
  const world = new World(spec, choices, (step) => {
    told?.(step, world);
    for (const rule of RULES) {
      try {
        rule.check(step, world);
      } catch (error) {
        throw new Error(`${rule.promise}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
  });
  world.feed({ type: 'boot' });
  if (choices.below(MANY_JOBS_ONE_IN) === MANY_JOBS_ONE_IN - 1) rememberMany(world);
  while (!choices.exhausted && world.exitCode === undefined) happen(world);
  endWorld(world);
  checkReplay(world);
}

/** P5: whatever state the schedule left, a TERM ends the container in a bounded number of deadlines. */
function endWorld(world: World): void {
  world.feed({ type: 'signal-received', signal: 'SIGTERM', number: 15 });
  const budgetOver = world.nowMs + world.model.spec.shutdownBudgetMs;
  for (let deadlines = 0; world.exitCode === undefined; deadlines++) {
    assert.ok(deadlines < 200, 'P5: the shutdown does not end');
    assert.ok(world.advance(), 'P5: the shutdown waits for nothing');
    assert.ok(world.nowMs <= budgetOver, 'P5: the shutdown is over its budget');
  }
  assert.equal(
    world.livingProcesses,
    0,
    'P5: Bosun ended while services lived that SIGKILL would have ended',
  );
  assert.deepEqual(world.hooks.underWay, [], 'P5: Bosun ended while a hook was under way');
}
