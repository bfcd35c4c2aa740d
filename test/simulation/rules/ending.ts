// P1, P6, P7: exits that become events, the exit code, wishes that are kept, old runs that are silent.
import assert from 'node:assert/strict';
import type { ServiceRecord } from '../../../supervisor/core/fleet.ts';
import type { RunId } from '../../../supervisor/core/names.ts';
import { isLive } from '../../../supervisor/core/service-state.ts';
import { recordOf, type Rule } from './rule.ts';

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

const noExitIsLost: Rule = {
  promise: 'P1: every exit that was delivered for a live run becomes an event with its status',
  check({ input, before, events }) {
    if (input.type !== 'exited') return;
    const state = recordOf(before, input.service)?.state;
    if (state === undefined || !isLive(state) || state.run !== input.run) return;
    if (state.kind === 'stopping' && state.exit !== undefined) return;
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
    for (const name of command.services) {
      const record = recordOf(after, name);
      // What a new configuration removes may be gone in the same step.
      if (record !== undefined) assert.equal(record.wanted, command.verb === 'stop' ? 'down' : 'up');
    }
  },
};

const oldRunsAreSilent: Rule = {
  promise: 'inputs of an old run change nothing',
  check({ input, before, after }) {
    if (!('run' in input) || !('service' in input)) return;
    const current = currentRun(recordOf(before, input.service), input.type);
    if (current !== input.run) assert.deepEqual(after, before);
  },
};

/** Whose inputs count: the live run, or the last one while only a timer is waited for. */
function currentRun(record: ServiceRecord | undefined, input: string): RunId | 0 | undefined {
  if (record === undefined) return undefined;
  const { state, lastRun } = record;
  if ((state.kind === 'backoff' || state.kind === 'scheduled') && input === 'timer') return lastRun;
  return isLive(state) ? state.run : undefined;
}

export const ENDING: readonly Rule[] = [
  exitCodeOfWhatMattered,
  noExitIsLost,
  shutdownOnlyForWhatIsWanted,
  wishIsKept,
  oldRunsAreSilent,
];
