// A new configuration: only what differs is touched, nothing is started by the old one any more, and the change comes to its end.
import assert from 'node:assert/strict';
import { isSameData } from '../../../supervisor/core/same-data.ts';
import { hasWork, recordOf, specOf, type Rule } from './rule.ts';

const onlyWhatDiffersIsTouched: Rule = {
  promise: 'a new configuration ends only runs of services that differ',
  check({ events, input }, world) {
    for (const event of events) {
      if (event.type !== 'stopping' && event.type !== 'going-down') continue;
      if (event.cause !== 'reconfigured') continue;
      const now = specOf(world, event.service);
      const target = world.model.target?.services.find(({ name }) => name === event.service);
      assert.ok(input.type !== 'timer' || target !== undefined);
      assert.ok(!isSameData(now, target), `${event.service} is restarted and does not differ`);
    }
  },
};

const nothingStartsByTheOld: Rule = {
  promise: 'nothing is started by the old configuration once a new one has been applied',
  check({ before, effects }, world) {
    if (before.phase.kind !== 'up') return;
    for (const effect of effects) {
      if (effect.type !== 'spawn' || effect.program === 'down') continue;
      const wanted = world.wanted.services.find(({ name }) => name === effect.service);
      assert.ok(
        isSameData(specOf(world, effect.service), wanted),
        `${effect.service} starts with what is old`,
      );
    }
  },
};

const changeComesToItsEnd: Rule = {
  promise: 'what a new configuration replaces or removes is replaced or removed as soon as it has ended',
  check({ after }, world) {
    if (after.phase.kind !== 'up') return;
    const { target, spec } = world.model;
    const names = new Set((target ?? spec).services.map(({ name }) => name));
    for (const { name, state, configured } of after.services) {
      const leaves = configured !== 'current' || !names.has(name);
      if (leaves) assert.ok(hasWork(specOf(world, name), state), `${name} is held back by nothing`);
      if (configured === 'outdated' && state.kind !== 'stopping')
        assert.ok(
          world.model.spec.services.some(
            (other) =>
              other.dependsOn.some((dependency) => dependency.name === name) &&
              hasWork(other, recordOf(after, other.name)?.state ?? { kind: 'stopped' }),
          ),
          `${name} is to be replaced and nobody ends it`,
        );
    }
    if (target === undefined)
      assert.deepEqual(
        spec.services.map(({ name }) => name),
        world.wanted.services.map(({ name }) => name),
      );
  },
};

export const CONFIGURING: readonly Rule[] = [
  onlyWhatDiffersIsTouched,
  nothingStartsByTheOld,
  changeComesToItsEnd,
];
