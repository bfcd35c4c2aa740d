// P3 to P5: the order of the stop, who is signalled, and that it ends in time.
import assert from 'node:assert/strict';
import type { Fleet, ServiceRecord } from '../../../supervisor/core/fleet.ts';
import type { ServiceSpec } from '../../../supervisor/core/service-spec.ts';
import type { StoppingState } from '../../../supervisor/core/service-state.ts';
import { fleetTimers } from '../../../supervisor/core/timers.ts';
import type { World } from '../world.ts';
import { hasWork, recordOf, specOf, type Rule } from './rule.ts';

const ORDERED: ReadonlySet<string> = new Set(['requested', 'shutdown', 'reconfigured']);

const dependentsGoFirst: Rule = {
  promise: 'P3: a dependency is asked to stop, or undone, only after its leaving dependents have gone',
  check({ after, events }, world) {
    if (after.phase.kind === 'stopping' && after.phase.order === 'dropped') return;
    for (const event of events) {
      if (event.type !== 'stopping' && event.type !== 'going-down') continue;
      if (!ORDERED.has(event.cause)) continue;
      for (const spec of world.model.spec.services)
        if (spec.dependsOn.some((dependency) => dependency.name === event.service))
          assert.ok(
            isGoneOrStays(spec, after, world),
            `${event.service} was asked to stop while ${spec.name} lives`,
          );
    }
  },
};

function isGoneOrStays(dependent: ServiceSpec, { phase, services }: Fleet, world: World): boolean {
  const record = services.find(({ name }) => name === dependent.name);
  if (record === undefined) return true;
  const stays = phase.kind === 'up' && record.wanted === 'up' && record.configured === 'current';
  return stays || (world.membersOf(dependent.name) === 0 && !hasWork(dependent, record.state));
}

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
  promise: 'P5, P7: nothing is started once the container is being stopped, only undone',
  check({ before, effects }) {
    if (before.phase.kind === 'up' || before.phase.kind === 'created') return;
    assert.ok(
      !effects.some(
        (effect) => (effect.type === 'spawn' && effect.program === 'command') || effect.type === 'attach',
      ),
      'a start during the shutdown',
    );
    assert.ok(
      !effects.some((effect) => effect.type === 'hook' && effect.hook === 'pre_start'),
      'a start is prepared during the shutdown',
    );
  },
};

const graceEndsWithTheBudget: Rule = {
  promise: 'P5: no service is promised a grace period beyond the budget',
  check({ after }) {
    const { phase } = after;
    if (phase.kind !== 'stopping') return;
    for (const { name, state } of after.services)
      if (state.kind === 'stopping' && state.step !== 'killed' && state.step !== 'post-stop')
        assert.ok(state.killAtMs <= phase.killAtMs, `${name} is promised more time than there is`);
  },
};

const askedIsTold: Rule = {
  promise: 'P5: what is to stop and has a process is signalled, or a command of ours asks it',
  check({ before, after, events, effects }, world) {
    for (const event of events) {
      if (event.type !== 'stopping' && event.type !== 'spawned') continue;
      const state = recordOf(after, event.service)?.state;
      if (state?.kind !== 'stopping' || !canBeTold(state)) continue;
      if (event.type === 'spawned' && recordOf(before, event.service)?.state.kind !== 'stopping') continue;
      const told = effects.some(
        (effect) => TELLS.has(effect.type) && 'run' in effect && effect.run === state.run,
      );
      assert.ok(told || world.hooks.isUnderWay(state.run, 'stop'), `${event.service} is stopping, untold`);
    }
  },
};

function canBeTold({ step, process }: StoppingState): boolean {
  return step !== 'down' && process.kind === 'launched';
}

const TELLS: ReadonlySet<string> = new Set(['signal-group', 'stop-leader', 'hook']);

const onlyTheLeader: Rule = {
  promise:
    'kill modes: a service whose leader alone is to be stopped is never signalled as a group while the leader lives',
  check({ effects }, world) {
    for (const effect of effects) {
      if (effect.type !== 'signal-group') continue;
      const run = world.runs.get(effect.run);
      const { stop } = specOf(world, effect.service) ?? {};
      if (run === undefined || stop === undefined || run.program === 'down' || run.leader === 'dead')
        continue;
      assert.notEqual(stop.killMode, 'process');
      if (stop.killMode === 'mixed') assert.equal(effect.signal, 'SIGKILL');
    }
  },
};

const commandInsteadOfSignal: Rule = {
  promise: 'a stop command takes the place of the stop signal while the leader lives, unless it fails',
  check({ input, effects }, world) {
    if (input.type === 'hook-finished' && input.hook === 'stop' && input.outcome.kind === 'failed') return;
    for (const effect of effects) {
      if (effect.type !== 'signal-group' && effect.type !== 'stop-leader') continue;
      const run = world.runs.get(effect.run);
      if (effect.signal === 'SIGKILL' || run === undefined || run.program === 'down' || run.leader === 'dead')
        continue;
      assert.equal(specOf(world, effect.service)?.stop.command, undefined);
    }
  },
};

const nothingIsStuck: Rule = {
  promise:
    'P7: whatever is under way has something that will end it: a deadline, a command of ours, a wish, a shutdown',
  check({ after }, world) {
    for (const [index, record] of after.services.entries())
      assert.ok(
        hasWayForward(record, index, after, world),
        `${record.name} is ${record.state.kind} for ever`,
      );
  },
};

function hasWayForward(record: ServiceRecord, index: number, after: Fleet, world: World): boolean {
  const { state } = record;
  const timed = world.timerOf(index) !== undefined;
  switch (state.kind) {
    case 'backoff':
      return timed;
    case 'scheduled':
      return timed || state.due.clock === 'never';
    case 'stopped':
      return record.wanted === 'down' || after.phase.kind !== 'up';
    case 'starting':
      return state.process.kind !== 'preparing' || world.willEnd(state.run, 'pre_start');
    case 'stopping':
      return canEnd(state, timed, after, world);
    case 'waiting':
    case 'running':
    case 'unready':
    case 'completed':
    case 'failed':
    case 'skipped':
      return true;
  }
}

function canEnd(state: StoppingState, timed: boolean, after: Fleet, world: World): boolean {
  if (state.step === 'killed') return true;
  // A shutdown cuts it off in any case.
  if (state.step === 'post-stop') return after.phase.kind !== 'up' || world.willEnd(state.run, 'post_stop');
  return timed;
}

export const STOPPING: readonly Rule[] = [
  dependentsGoFirst,
  shutdownEnds,
  shutdownStartsNothing,
  graceEndsWithTheBudget,
  askedIsTold,
  onlyTheLeader,
  commandInsteadOfSignal,
  nothingIsStuck,
];
