// For how long services are held up for the reader of standard output: as long as one thread would, however many die meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogBoard, type LogBoard } from '../../supervisor/core/log-board.ts';
import { BackPressure } from '../../supervisor/logs/back-pressure.ts';

const MUCH = 600_000;

/** What a thread that begins over this memory is told. */
function begin(board: LogBoard): { readonly pressure: BackPressure; readonly told: string[] } {
  const told: string[] = [];
  const pressure = new BackPressure(board, (change) => told.push(change));
  pressure.resume();
  return { pressure, told };
}

test('threads that die one after the other hold up the services for a second in all', () => {
  const board = createLogBoard();
  const first = begin(board);
  first.pressure.update(MUCH, 5000);
  assert.deepEqual(first.told, ['hold']);
  assert.equal(first.pressure.dueAtMs, 6000);
  for (const nowMs of [5300, 5600, 5900]) {
    const next = begin(board);
    assert.deepEqual(next.told, ['hold'], 'from the first moment on');
    next.pressure.update(MUCH, nowMs);
    assert.deepEqual(next.told, ['hold']);
    assert.equal(next.pressure.dueAtMs, 6000);
  }
  const last = begin(board);
  last.pressure.update(MUCH, 6000);
  assert.deepEqual(last.told, ['hold', 'release']);
  const after = begin(board);
  after.pressure.update(MUCH, 6001);
  assert.deepEqual(after.told, [], 'a reader that has not come back is not waited for again');
  after.pressure.update(0, 6002);
  begin(board).pressure.update(MUCH, 7000);
  assert.deepEqual(begin(board).told, ['hold'], 'one that has is');
});

test('a reader that has come back while there was no thread is not waited for', () => {
  const board = createLogBoard();
  begin(board).pressure.update(MUCH, 5000);
  const next = begin(board);
  next.pressure.update(1000, 5001);
  assert.deepEqual(next.told, ['hold', 'release']);
  assert.equal(next.pressure.dueAtMs, Infinity);
});

test('the clock of another machine holds up nobody', () => {
  const board = createLogBoard();
  begin(board).pressure.update(MUCH, 900_000_000);
  const next = begin(board);
  next.pressure.update(MUCH, 1000);
  assert.deepEqual(next.told, ['hold', 'release']);
});
