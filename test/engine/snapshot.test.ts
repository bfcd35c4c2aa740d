// What the engine hands to the next process image: random histories come back as they were, and nothing waits for ever for what was lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import type { Input } from '../../supervisor/core/input.ts';
import type { RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { HookName } from '../../supervisor/core/service-spec.ts';
import { CommandMemory } from '../../supervisor/engine/command-memory.ts';
import { KeptEnds } from '../../supervisor/engine/kept-ends.ts';
import { inputsForLost, type EngineSnapshot } from '../../supervisor/engine/snapshot.ts';
import { EngineRig } from './support/engine-rig.ts';
import { service } from '../support/specs.ts';

const NAMES = ['a', 'b', 'c'] as const;
const EXEC = { initialDelayMs: 0, periodMs: 1000, timeoutMs: 1000, failureThreshold: 3, successThreshold: 1 };
const READINESS = { ...EXEC, kind: 'probe', action: { kind: 'tcp', host: 'localhost', port: 1 } } as const;

function specs(): ReturnType<typeof service>[] {
  return [service('a'), service('b', { readiness: READINESS as never }), service('c')];
}

type Step = { readonly at: number; readonly what: number };

function inputFor(rig: EngineRig, { at, what }: Step): Input {
  const name = NAMES[at % 3] ?? 'a';
  const service = name as ServiceName;
  const command = { id: `c${what}`, actor: 'uid:0', services: [service] };
  const run = rig.run(name);
  switch (what % 6) {
    case 0:
      return { type: 'command', command: { ...command, verb: 'stop' } };
    case 1:
      return { type: 'command', command: { ...command, verb: 'start' } };
    case 2:
      return { type: 'exited', service, run, exit: { kind: 'code', code: what % 4 }, group: 'empty' };
    case 3:
      return { type: 'probed', service, run, purpose: 'readiness', answer: { kind: 'ok' } };
    case 4:
      return { type: 'timer', service, run, timer: 'backoff' };
    default:
      return { type: 'probed', service, run, purpose: 'readiness', answer: { kind: 'failed', reason: 'no' } };
  }
}

/** As it comes out of the memory file. */
function handedOver(snapshot: EngineSnapshot): EngineSnapshot {
  return deserialize(serialize(snapshot)) as EngineSnapshot;
}

function runsOf({ fleet }: EngineSnapshot): ReadonlySet<RunId> {
  return new Set(fleet.services.map(({ lastRun }) => lastRun as RunId));
}

test('a random history: state, numbers, timers and probes are the same on the other side', () => {
  const step = fc.record({ at: fc.nat(2), what: fc.nat(200) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const before = new EngineRig(...specs());
      before.submit({ type: 'boot' });
      for (const each of steps) {
        before.nowMs += 10;
        before.submit(inputFor(before, each));
      }
      const kept = handedOver(before.engine.snapshot);
      const after = new EngineRig(...specs());
      after.nowMs = before.nowMs;
      const { engine } = after;
      engine.resume(kept, { runs: runsOf(kept), isLost: () => false });
      assert.deepEqual(engine.fleet, before.engine.fleet);
      assert.deepEqual(after.armedAtMs.toSorted(), before.armedAtMs.toSorted());
      assert.deepEqual(
        after.asking.map(({ planned, launchedAtMs }) => ({ planned, launchedAtMs })),
        before.asking.map(({ planned, launchedAtMs }) => ({ planned, launchedAtMs })),
      );
      assert.deepEqual(after.events, [], 'nothing has happened');
      assert.deepEqual({ ...engine.snapshot, numbering: 0 }, { ...kept, numbering: 0 });
    }),
    { numRuns: 200 },
  );
});

test('what is lost is told: a run without a process, a hook, a reload', () => {
  const rig = new EngineRig(...specs());
  rig.submit({ type: 'boot' });
  const kept = handedOver(rig.engine.snapshot);
  const run = rig.run('a');
  const lost = inputsForLost(kept, { runs: new Set([rig.run('b'), rig.run('c')]), isLost: () => true });
  assert.deepEqual(lost, [{ type: 'exited', service: 'a', run, exit: { kind: 'unknown' }, group: 'empty' }]);
  const errand = (hook: HookName): EngineSnapshot['errands'][number] => ({
    kind: 'hook',
    service: 'a' as ServiceName,
    run,
    hook,
    exit: undefined,
  });
  const told = inputsForLost(
    {
      ...kept,
      errands: [
        errand('pre_stop'),
        errand('post_start'),
        { kind: 'reload', service: 'a' as ServiceName, run },
      ],
    },
    { runs: runsOf(kept), isLost: () => true },
  );
  // A service that runs well is not ended for the loss of its post_start.
  assert.deepEqual(
    told.map((input) => [input.type, 'hook' in input ? input.hook : '']),
    [
      ['hook-finished', 'pre_stop'],
      ['reloaded', ''],
    ],
  );
});

test('the ends of jobs, and what was accepted, by age', () => {
  const ends = new KeptEnds(() => undefined);
  const lent = { job: 1 as never, run: 7 as RunId, stream: 'stdout' as const };
  ends.keep({ ours: 42, lent });
  assert.deepEqual(deserialize(serialize(ends.saved)), [{ ours: 42, lent }]);
  let nowMs = 1000;
  const memory = new CommandMemory(() => nowMs);
  memory.note('x', { kind: 'accepted', services: [] });
  nowMs += 3_000_000;
  const kept = deserialize(serialize(memory.kept)) as typeof memory.kept;
  let laterMs = 5;
  const next = new CommandMemory(() => laterMs, kept);
  assert.deepEqual(next.find('x'), { kind: 'accepted', services: [] });
  laterMs += 700_000;
  assert.equal(next.find('x'), undefined, 'an hour in all, over both');
});
