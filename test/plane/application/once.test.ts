// Whatever breaks on the way: each change has its effect once or not at all, and the events tell which. Random sequences of changes, with
// random faults, some of them asked for again with the same command as after the death of a control plane.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createFleet } from '../../../supervisor/core/fleet.ts';
import { evolve } from '../../../supervisor/core/evolve.ts';
import type { ServiceName } from '../../../supervisor/core/names.ts';
import type { Fault } from '../../support/settings-application.ts';
import { ChannelRig, Pki } from './support/channel-rig.ts';

const RUNS = 25;

let pki: Pki;
before(async () => {
  pki = await Pki.make();
});
after(() => {
  pki[Symbol.dispose]();
});

const fault = fc.constantFrom<Fault>(
  'fine',
  'fine',
  'before-effect',
  'after-effect',
  'silent',
  'no-json',
  { status: 503 },
  { status: 429 },
  { status: 401 },
  { status: 404 },
);

const step = fc.record({
  size: fc.integer({ min: 0, max: 99 }),
  /** Of a setting that there is, or is not. */
  key: fc.constantFrom('pool.size', 'pool.size', 'rate_limit.requests_per_second', 'pool.sise'),
  faults: fc.array(fault, { maxLength: 4 }),
  /** The same again: who asked for it has not heard what became of it. */
  times: fc.constantFrom(1, 1, 2),
});

type Step = {
  readonly size: number;
  readonly key: string;
  readonly faults: readonly Fault[];
  readonly times: number;
};

async function runSteps(steps: readonly Step[]): Promise<void> {
  await using rig = await ChannelRig.start(pki, { timeoutMs: 150, retryMs: 800 });
  for (const [index, { size, key, faults, times }] of steps.entries()) {
    const command = `command-${index}`;
    for (let time = 0; time < times; time += 1) {
      rig.application.meet(...faults);
      const notes = rig.notes.length;
      const done = await rig.set({ [key]: size }, command);
      rig.application.meet();
      assert.equal(rig.notes.length, notes + 1, 'one event for each attempt to change something');
      const note = rig.notes.at(-1);
      assert.equal(note?.author.command, command);
      const effects = rig.application.effects.filter(({ idempotencyKey }) => idempotencyKey === command);
      assert.ok(effects.length <= 1, `${command} was done ${effects.length} times`);
      if (done.kind === 'changed') {
        assert.deepEqual(effects[0]?.values, { [key]: size });
        assert.equal(note.event.type, 'application-changed');
        assert.deepEqual(
          note.event.changes.map((change) => [change.key, change.new]),
          [[key, size]],
        );
      } else {
        assert.ok(note.event.type === 'application-change-failed');
        assert.deepEqual([note.event.code, note.event.effect], [done.code, done.effect]);
        if (done.effect === 'none' && time === 0) assert.deepEqual(effects, []);
      }
    }
  }
  const fleet = createFleet(['backend' as ServiceName]);
  for (const { event } of rig.notes) assert.equal(evolve(fleet, event), fleet);
}

test('each change has its effect once or not at all, and the events tell which', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), runSteps), {
    numRuns: RUNS,
    endOnFailure: true,
  });
});
