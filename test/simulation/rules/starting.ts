// P2 and what a start is made of: dependencies first, then the hook before it, then the process, then readiness.
import assert from 'node:assert/strict';
import { evolve } from '../../../supervisor/core/evolve.ts';
import type { ServiceEvent } from '../../../supervisor/core/event.ts';
import type { Fleet } from '../../../supervisor/core/fleet.ts';
import type { Dependency } from '../../../supervisor/core/service-spec.ts';
import type { StateName } from '../../../supervisor/core/service-state.ts';
import type { World } from '../world.ts';
import { recordOf, specOf, type Rule } from './rule.ts';

/** Written anew, not taken from the core: Compose's words for the three conditions. */
const MEETS: Readonly<Record<Dependency['condition'], readonly StateName[]>> = {
  service_started: ['running', 'unready', 'completed'],
  service_healthy: ['running', 'completed'],
  service_completed_successfully: ['completed'],
};
const ENDED: readonly StateName[] = ['failed', 'skipped', 'completed'];
const AT_REST: readonly StateName[] = ['stopped', 'waiting', 'backoff'];

function isMet(dependency: Dependency, fleet: Fleet): boolean {
  const record = recordOf(fleet, dependency.name);
  // The configuration allows a missing one only where it is optional; a removed one is nobody's any more.
  if (record === undefined) return true;
  const { state } = record;
  if (MEETS[dependency.condition].includes(state.kind)) return true;
  if (state.kind === 'starting')
    return dependency.condition === 'service_started' && state.process.kind === 'launched';
  const hopeless = ENDED.includes(state.kind) || (record.wanted === 'down' && AT_REST.includes(state.kind));
  return dependency.need === 'optional' && hopeless;
}

const startsOnlyWhenMet: Rule = {
  promise: 'P2: a service starts only when every dependency meets its condition',
  check({ before, events }, world) {
    let fleet = before;
    for (const event of events) {
      if (event.type === 'starting')
        for (const dependency of specOf(world, event.service)?.dependsOn ?? [])
          assert.ok(
            isMet(dependency, fleet),
            `${event.service} started, ${dependency.name} does not allow it`,
          );
      fleet = evolve(fleet, event);
    }
  },
};

const startsAsSoonAsMet: Rule = {
  promise: 'P2: and as soon as it does',
  check({ after }, world) {
    if (after.phase.kind !== 'up') return;
    for (const record of after.services) {
      if (record.state.kind !== 'waiting') continue;
      const dependencies = specOf(world, record.name)?.dependsOn ?? [];
      assert.ok(
        dependencies.some((dependency) => !isMet(dependency, after)),
        `${record.name} waits for nothing`,
      );
    }
  },
};

const hookComesFirst: Rule = {
  promise: 'a process is started only after its hook before the start has succeeded, and after nothing else',
  check({ input, effects }, world) {
    for (const effect of effects) {
      if (effect.type !== 'spawn' || effect.program === 'down') continue;
      if (specOf(world, effect.service)?.hooks.pre_start === undefined) continue;
      assert.ok(
        input.type === 'hook-finished' &&
          input.run === effect.run &&
          input.hook === 'pre_start' &&
          input.outcome.kind === 'done',
        `${effect.service} is started without its hook`,
      );
    }
  },
};

const afterwardsComesFirst: Rule = {
  promise: 'a run begins only after the hook after the run before it has ended',
  check({ events }, world) {
    for (const event of events)
      if (event.type === 'starting' || event.type === 'going-down')
        assert.ok(
          !world.hooks.underWay.some((hook) => hook.service === event.service && hook.hook === 'post_stop'),
          `${event.service} begins while it is being cleaned up`,
        );
  },
};

const startupGates: Rule = {
  promise: 'until the startup probe has passed a service is neither ready nor found dead',
  check({ before, events }, world) {
    let fleet = before;
    for (const event of events) {
      const judged =
        event.type === 'ready' || (event.type === 'stopping' && event.cause === 'liveness-failed');
      if (judged)
        assert.ok(mayBeJudged(event, fleet, world), `${event.service} is judged before it has started`);
      fleet = evolve(fleet, event);
    }
  },
};

function mayBeJudged({ type, service }: ServiceEvent, fleet: Fleet, world: World): boolean {
  const state = recordOf(fleet, service)?.state;
  if (state?.kind !== 'starting') return true;
  // Without a startup probe a service that is starting becomes ready, and cannot be found dead before.
  return specOf(world, service)?.startup.kind === 'none' ? type === 'ready' : state.startup === 'passed';
}

const stoppedStaysStopped: Rule = {
  promise: 'P7: what the operator stopped stays stopped',
  check({ after, effects }) {
    for (const effect of effects)
      if ((effect.type === 'spawn' && effect.program === 'command') || effect.type === 'attach')
        assert.equal(
          recordOf(after, effect.service)?.wanted,
          'up',
          `${effect.service} was stopped by the operator`,
        );
  },
};

const oneRunAtATime: Rule = {
  promise: 'P4: two runs of one service never live at once',
  check({ effects }, world) {
    for (const effect of effects)
      if (effect.type === 'spawn' || effect.type === 'attach')
        assert.equal(
          world.membersOf(effect.service),
          0,
          `${effect.service} lives, and another run is started`,
        );
  },
};

const timersGoOn: Rule = {
  promise: 'a timer that is wanted is due at a moment to come, or has a run; no run of it is its last',
  check({ after, nowMs }, world) {
    for (const { name, state } of after.services) {
      if (specOf(world, name)?.type !== 'timer') continue;
      assert.ok(state.kind !== 'completed' && state.kind !== 'failed', `${name} has ended for good`);
      // One that is due now has not been told yet.
      if (state.kind === 'scheduled' && state.due.clock === 'monotonic')
        assert.ok(state.due.atMs >= nowMs, `${name} is due at a moment that has passed`);
    }
  },
};

export const STARTING: readonly Rule[] = [
  startsOnlyWhenMet,
  startsAsSoonAsMet,
  hookComesFirst,
  afterwardsComesFirst,
  startupGates,
  stoppedStaysStopped,
  oneRunAtATime,
  timersGoOn,
];
