// Who numbers the events, and holds those back that are not in the journal yet.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceName } from '../../supervisor/core/names.ts';
import { Recorder } from '../../supervisor/engine/recorder.ts';

const never = { cancel: () => undefined };
const CLOCK = { nowMs: () => 1, wallMs: () => 2, at: () => never, atWall: () => never };
const POLICY = { actor: 'bosun', command: '', cause: 0 };
const EVENT = { type: 'waiting', service: 'a' as ServiceName } as const;

function record(recorder: Recorder, count: number): void {
  for (let done = 0; done < count; done++) recorder.record(EVENT, POLICY);
}

const spanOf = ({ recent }: Recorder): readonly unknown[] => [recent[0]?.id, recent.at(-1)?.id];

test('numbers go on from where an earlier life of Bosun came to', () => {
  const recorder = new Recorder(CLOCK, { lastId: 70, lastSeqs: new Map([['a' as ServiceName, 9]]) });
  const { id, seq } = recorder.record(EVENT, POLICY);
  assert.deepEqual([id, seq], [71, 10]);
  const other = recorder.record({ type: 'waiting', service: 'b' as ServiceName }, POLICY);
  assert.deepEqual([other.id, other.seq], [72, 1]);
});

test('what is not in the journal is held for the next control plane, up to a bound', () => {
  const recorder = new Recorder(CLOCK);
  record(recorder, 5000);
  assert.deepEqual(spanOf(recorder), [1, 5000]);
  recorder.written(4990);
  // The newest are handed over in any case.
  assert.deepEqual(spanOf(recorder), [4001, 5000]);
  record(recorder, 6000);
  assert.deepEqual(spanOf(recorder), [4991, 11_000]);
  // Said of an earlier one by a control plane that has ended since.
  recorder.written(100);
  assert.deepEqual(spanOf(recorder), [4991, 11_000]);
  record(recorder, 20_000);
  assert.deepEqual(spanOf(recorder), [21_001, 31_000]);
  recorder.written(31_000);
  record(recorder, 1);
  assert.deepEqual(spanOf(recorder), [30_002, 31_001]);
});
