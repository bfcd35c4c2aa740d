// Attached services: a process that is somebody else's is looked for and held only for a run that is alive, and is never signalled but where
// the operator, a dependency or its liveness asks for it.
import assert from 'node:assert/strict';
import type { Effect } from '../../../supervisor/core/effect.ts';
import type { StopCause } from '../../../supervisor/core/service-state.ts';
import type { Step, World } from '../world.ts';
import { recordOf, type Rule } from './rule.ts';

/** What Bosun's own end, or another configuration, must not do to a process that it did not start. */
const HARMLESS: ReadonlySet<StopCause> = new Set([
  'requested',
  'restart',
  'dependency-restarted',
  'liveness-failed',
]);
const SIGNALS = ['signal-group', 'pass-on', 'signal-leader', 'stop-leader'] as const;
type Signal = Extract<Effect, { type: (typeof SIGNALS)[number] }>;

const isSignal = (effect: Effect): effect is Signal => (SIGNALS as readonly string[]).includes(effect.type);

const strangersAreLeftAlone: Rule = {
  promise:
    'an attached process is signalled only for the operator, a dependency or its liveness, never for the end of Bosun',
  check(step, world) {
    for (const effect of step.effects) {
      if (!isSignal(effect) || !world.strangers.isOne(effect.run)) continue;
      assert.ok(
        effect.type === 'signal-leader' || effect.type === 'stop-leader',
        `${effect.type} to a stranger`,
      );
      // What the operator sends goes to a process in any state; the rest is a stop.
      if (effect.type === 'signal-leader') continue;
      assert.equal(step.after.phase.kind, 'up', `${effect.service} is stopped while Bosun ends`);
      const record = recordOf(step.after, effect.service);
      assert.notEqual(record?.configured, 'removed', `${effect.service} is stopped after its removal`);
      const { state } = recordOf(step.after, effect.service) ?? recordOf(step.before, effect.service) ?? {};
      assert.ok(
        state?.kind === 'stopping' && HARMLESS.has(state.cause),
        `${effect.service} is stopped without a cause`,
      );
    }
  },
};

const nothingOfOursForThem: Rule = {
  promise: 'nothing is started for an attached service: no process, no command of ours',
  check({ effects }, world) {
    for (const effect of effects)
      if (effect.type === 'spawn' || effect.type === 'hook')
        assert.equal(world.strangers.isOne(effect.run), false, `${effect.type} for ${effect.service}`);
  },
};

const heldOnlyWhileAlive: Rule = {
  promise:
    'whoever is looked for or held belongs to a run that is alive, and each such run has one of the two',
  check({ after, effects }, world) {
    const begun = new Set(effects.flatMap((effect) => (effect.type === 'attach' ? [effect.run] : [])));
    for (const { service, run } of world.strangers.held) {
      const state = recordOf(after, service)?.state;
      const isLive = state !== undefined && 'run' in state && state.run === run;
      assert.ok(isLive, `${service} is held for run ${run}, which is over`);
    }
    for (const { name, state } of after.services)
      if (state.kind === 'starting' && state.process.kind === 'looking')
        assert.ok(world.strangers.isSought(state.run) || begun.has(state.run), `${name} is not looked for`);
  },
};

const lettingGoIsNoEnd: Rule = {
  promise: 'what is let go of is told as that, and not as an end',
  check({ events, effects }) {
    const runs = effects.flatMap((effect) => (effect.type === 'detach' ? [effect.run] : []));
    const told = events.flatMap((event) => (event.type === 'detached' ? [event.run] : []));
    assert.deepEqual(told, runs);
    for (const event of events) if (event.type === 'exited') assert.ok(!runs.includes(event.run));
  },
};

const goneIsNeverWell: Rule = {
  promise: 'an attached service never completes: what follows its end is said by on_gone',
  check({ events }, world) {
    for (const event of events)
      if (event.type === 'completed')
        assert.ok(!world.strangers.isOne(event.run), `${event.service} has completed`);
  },
};

const onlyNewsIsTold: Rule = {
  promise: 'that it has not been found is told once for each reason',
  check({ input, before, events }: Step, world: World) {
    if (input.type !== 'looked') return;
    const state = recordOf(before, input.service)?.state;
    const isNew =
      state?.kind === 'starting' &&
      state.run === input.run &&
      state.process.kind === 'looking' &&
      state.process.finding !== input.finding;
    assert.equal(events.length, isNew ? 1 : 0, world.strangers.isSought(input.run) ? 'sought' : 'over');
  },
};

export const ATTACHING: readonly Rule[] = [
  strangersAreLeftAlone,
  nothingOfOursForThem,
  heldOnlyWhileAlive,
  lettingGoIsNoEnd,
  goneIsNeverWell,
  onlyNewsIsTold,
];
