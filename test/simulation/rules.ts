// The promises of DESIGN section 1 as rules that hold after every step of a simulated schedule. Each looks at the truth of
// the world where it can, not at what the core believes.
import assert from 'node:assert/strict';
import { evolve } from '../../supervisor/core/evolve.ts';
import { createFleet, type Fleet } from '../../supervisor/core/fleet.ts';
import type { RunId, ServiceName } from '../../supervisor/core/names.ts';
import { isLive, type StateName } from '../../supervisor/core/service-state.ts';
import type { Dependency } from '../../supervisor/core/service-spec.ts';
import { fleetTimers, serviceTimer } from '../../supervisor/core/timers.ts';
import type { Step, World } from './world.ts';

export type Rule = { readonly promise: string; check(step: Step, world: World): void };

const recordOf = (fleet: Fleet, name: ServiceName) => fleet.services.find((record) => record.name === name);
const specOf = (world: World, name: ServiceName) =>
  world.model.spec.services.find((spec) => spec.name === name);

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
  if (record === undefined) return dependency.need === 'optional';
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

const dependentsGoFirst: Rule = {
  promise: 'P3: a dependency is asked to stop only after its dependents have gone',
  check({ after, events }, world) {
    if (after.phase.kind === 'stopping' && after.phase.order === 'dropped') return;
    for (const event of events) {
      if (event.type !== 'stopping' || (event.cause !== 'requested' && event.cause !== 'shutdown')) continue;
      for (const spec of world.model.spec.services) {
        if (!spec.dependsOn.some((dependency) => dependency.name === event.service)) continue;
        const dependent = recordOf(after, spec.name);
        const stays = after.phase.kind === 'up' && dependent?.wanted === 'up';
        assert.ok(
          stays || world.membersOf(spec.name) === 0,
          `${event.service} was asked to stop while ${spec.name} lives`,
        );
      }
    }
  },
};

const oneRunAtATime: Rule = {
  promise: 'P4: two runs of one service never live at once',
  check({ effects }, world) {
    for (const effect of effects)
      if (effect.type === 'spawn')
        assert.equal(
          world.membersOf(effect.service),
          0,
          `${effect.service} lives, and another run is started`,
        );
  },
};

const shutdownEnds: Rule = {
  promise: 'P5: the shutdown ends inside its budget, and always has a next deadline',
  check({ after, nowMs }) {
    const { phase } = after;
    if (phase.kind !== 'stopping' && phase.kind !== 'sweeping') return;
    assert.ok(fleetTimers(after).some((timer) => timer.timer === 'end' && timer.atMs === phase.endAtMs));
    assert.ok(nowMs <= phase.endAtMs, 'the budget is over and Bosun is still there');
  },
};

const shutdownStartsNothing: Rule = {
  promise: 'P5, P7: nothing is started once the container is being stopped',
  check({ before, effects }) {
    if (before.phase.kind === 'up' || before.phase.kind === 'created') return;
    assert.ok(!effects.some((effect) => effect.type === 'spawn'), 'a start during the shutdown');
  },
};

const exitCodeOfWhatMattered: Rule = {
  promise: 'P6: the exit code is the one of the first reason to stop',
  check({ effects, events }, world) {
    const exit = effects.find((effect) => effect.type === 'exit');
    if (exit === undefined) return;
    const started = world.events.find((event) => event.type === 'shutdown-started');
    assert.ok(started?.type === 'shutdown-started' && events.length > 0);
    assert.equal(exit.code, started.exitCode);
    const { reason } = started;
    if (reason.kind === 'signal' || reason.kind === 'command') assert.equal(exit.code, 0);
    if (reason.kind === 'essential-failed') assert.notEqual(exit.code, 0);
  },
};

const stoppedStaysStopped: Rule = {
  promise: 'P7: what the operator stopped stays stopped',
  check({ after, effects }) {
    for (const effect of effects)
      if (effect.type === 'spawn')
        assert.equal(
          recordOf(after, effect.service)?.wanted,
          'up',
          `${effect.service} was stopped by the operator`,
        );
  },
};

const nothingIsStuck: Rule = {
  promise: 'P7: what is wanted has a way forward: a process, a deadline, or a dependency to wait for',
  check({ after }, world) {
    for (const [index, record] of after.services.entries()) {
      const spec = world.model.spec.services[index];
      if (spec === undefined) continue;
      const { state } = record;
      if (state.kind === 'backoff')
        assert.ok(serviceTimer(spec, record), `${record.name} backs off for ever`);
      if (state.kind === 'stopping' && state.step === 'asked')
        assert.ok(serviceTimer(spec, record), `${record.name} may ignore its stop signal for ever`);
      if (state.kind === 'stopped')
        assert.ok(
          record.wanted === 'down' || after.phase.kind !== 'up',
          `${record.name} is stopped but wanted`,
        );
    }
  },
};

const noExitIsLost: Rule = {
  promise: 'P1: every exit that was delivered for a live run becomes an event with its status',
  check({ input, before, events }) {
    if (input.type !== 'exited') return;
    const state = recordOf(before, input.service)?.state;
    if (state === undefined || !isLive(state) || state.run !== input.run) return;
    const told = events.filter((event) => event.type === 'exited');
    assert.deepEqual(told, [{ type: 'exited', service: input.service, run: input.run, exit: input.exit }]);
  },
};

const shutdownOnlyForWhatIsWanted: Rule = {
  promise: 'P6, P7: the end of a service that the operator stopped does not end the container',
  check({ before, events }) {
    for (const event of events) {
      if (event.type !== 'shutdown-started' || !('service' in event.reason)) continue;
      assert.equal(recordOf(before, event.reason.service)?.wanted, 'up');
    }
  },
};

const wishIsKept: Rule = {
  promise: 'P7: what the operator asked for is what is wanted',
  check({ input, before, after, effects }) {
    if (input.type !== 'command' || before.phase.kind !== 'up') return;
    const { command } = input;
    const accepted = effects.some((effect) => effect.type === 'reply' && effect.result.kind === 'accepted');
    if (!accepted || (command.verb !== 'start' && command.verb !== 'stop' && command.verb !== 'restart'))
      return;
    for (const name of command.services)
      assert.equal(recordOf(after, name)?.wanted, command.verb === 'stop' ? 'down' : 'up');
  },
};

const graceEndsWithTheBudget: Rule = {
  promise: 'P5: no service is promised a grace period beyond the budget',
  check({ after }) {
    const { phase } = after;
    if (phase.kind !== 'stopping') return;
    for (const { name, state } of after.services)
      if (state.kind === 'stopping' && state.step === 'asked')
        assert.ok(state.killAtMs <= phase.killAtMs, `${name} is promised more time than there is`);
  },
};

const askedIsSignalled: Rule = {
  promise: 'P5: what is to stop and has a process has been signalled',
  check({ after, events, effects }) {
    for (const event of events) {
      const concerns = event.type === 'stopping' || event.type === 'spawned';
      if (!concerns) continue;
      const state = recordOf(after, event.service)?.state;
      if (state?.kind !== 'stopping' || state.process.kind === 'launching') continue;
      assert.ok(
        effects.some((effect) => effect.type === 'signal-group' && effect.service === event.service),
        `${event.service} is stopping and nobody told it`,
      );
    }
  },
};

const oldRunsAreSilent: Rule = {
  promise: 'inputs of an old run change nothing',
  check({ input, before, after }) {
    if (!('run' in input)) return;
    const state = recordOf(before, input.service)?.state;
    const waits = state?.kind === 'backoff' && input.type === 'timer';
    const current: RunId | 0 | undefined = waits
      ? recordOf(before, input.service)?.lastRun
      : state !== undefined && isLive(state)
        ? state.run
        : undefined;
    if (current !== input.run) assert.deepEqual(after, before);
  },
};

/** Replays everything, so it is checked at the end of a schedule, not after every step. */
export function checkReplay(world: World): void {
  const names = world.model.spec.services.map((spec) => spec.name);
  const replayed = world.events.reduce((fleet, event) => evolve(fleet, event), createFleet(names));
  assert.deepEqual(replayed, world.fleet, 'P10: replaying the events does not give the state');
}

export const RULES: readonly Rule[] = [
  startsOnlyWhenMet,
  startsAsSoonAsMet,
  dependentsGoFirst,
  oneRunAtATime,
  shutdownEnds,
  shutdownStartsNothing,
  exitCodeOfWhatMattered,
  stoppedStaysStopped,
  nothingIsStuck,
  noExitIsLost,
  shutdownOnlyForWhatIsWanted,
  wishIsKept,
  graceEndsWithTheBudget,
  askedIsSignalled,
  oldRunsAreSilent,
];
