// Standard output as services' lines go to it: never waited for, and what it cannot take is counted and told.
import assert from 'node:assert/strict';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { COUNT, createLogBoard, TALLY_BYTES, type LogBoard } from '../../supervisor/core/log-board.ts';
import { BackPressure } from '../../supervisor/logs/back-pressure.ts';
import { monotonicMs } from '../../supervisor/logs/monotonic-clock.ts';
import { Staging } from '../../supervisor/logs/staging.ts';
import { StdoutSink } from '../../supervisor/logs/stdout-sink.ts';
import { Tally } from '../../supervisor/logs/tally.ts';
import { libc } from '../../supervisor/os/libc.ts';

type Ends = { readonly read: number; readonly write: number };

/** A pipe of which neither end blocks; the writing end is as open-stdout.ts opens it. */
function makePipe(): Ends {
  const made = libc.pipe();
  assert.ok(made.ok);
  const write = openSync(`/proc/self/fd/${made.value.write}`, constants.O_WRONLY | constants.O_NONBLOCK);
  const read = openSync(`/proc/self/fd/${made.value.read}`, constants.O_RDONLY | constants.O_NONBLOCK);
  closeSync(made.value.write);
  closeSync(made.value.read);
  return { read, write };
}

function readAll(fd: number): string {
  const chunk = Buffer.alloc(65_536);
  const chunks: Buffer[] = [];
  try {
    for (let length = readSync(fd, chunk); length > 0; length = readSync(fd, chunk))
      chunks.push(Buffer.from(chunk.subarray(0, length)));
  } catch {
    // EAGAIN: that was all.
  }
  return Buffer.concat(chunks).toString();
}

class Rig {
  readonly pressures: string[] = [];
  readonly troubles: string[] = [];
  readonly waited: string[] = [];
  readonly board: LogBoard = createLogBoard();
  readonly sink: StdoutSink;
  readonly #tally = new Tally(new SharedArrayBuffer(TALLY_BYTES));
  readonly #staging = new Staging(this.board);

  constructor(fd: number) {
    this.sink = new StdoutSink({
      fd,
      board: this.board,
      poll: {
        watch: (_fd, interest) => {
          this.waited.push(interest);
          return 'watched';
        },
        forget: () => undefined,
        wait: () => [],
      },
      pressure: new BackPressure(this.board, (pressure) => this.pressures.push(pressure)),
      lossNotice: (lines, errno = '') => Buffer.from(`lost ${lines}${errno}\n`),
      onTrouble: (errno) => this.troubles.push(errno),
    });
  }

  /** As a block of a service; how many lines of it were dropped. */
  write(text: string): number {
    this.#staging.fill(3, 0, this.#tally, () => 1);
    this.#staging.beginBlock(this.#tally, { end: 1, ends: 'line' });
    const { lines } = this.sink.writeBlock(Buffer.from(text), this.#staging.stdout);
    this.#staging.endBlock(1);
    this.#staging.release();
    return lines;
  }

  get dropped(): number {
    return Number(this.board.counts[COUNT.droppedLines]);
  }
}

const LINE = `${'x'.repeat(999)}\n`;

test('what a stalled reader cannot take is dropped and counted, and told when it is back', () => {
  const pipe = makePipe();
  const rig = new Rig(pipe.write);
  let dropped = 0;
  for (let count = 0; count < 3000; count += 1) dropped += rig.write(LINE);
  assert.ok(dropped > 500, `dropped ${dropped}`);
  assert.equal(rig.dropped, dropped);
  assert.deepEqual(rig.pressures, ['hold'], 'the services feel it first');
  assert.deepEqual(rig.waited, ['writable']);
  let text = readAll(pipe.read);
  while (!rig.sink.isEmpty) {
    rig.sink.flush();
    text += readAll(pipe.read);
  }
  const lines = text.split('\n').slice(0, -1);
  const told = lines.filter((got) => got.startsWith('lost'));
  assert.deepEqual(told, [`lost ${dropped}`]);
  assert.equal(lines.at(-1), told[0], 'after what was queued before the loss');
  assert.equal(lines.length - told.length + dropped, 3000, 'written or counted, each of them');
  assert.ok(
    lines.every((got) => got.length === 999 || got.startsWith('lost')),
    'no line is broken',
  );
  assert.deepEqual(rig.pressures, ['hold', 'release']);
  rig.sink.flush();
  assert.equal(readAll(pipe.read), '', 'told once');
  closeSync(pipe.read);
  closeSync(pipe.write);
});

test('the services are not held up for longer than the bound, though nothing else happens', () => {
  const pipe = makePipe();
  const rig = new Rig(pipe.write);
  for (let count = 0; count < 700; count += 1) rig.write(LINE);
  assert.deepEqual(rig.pressures, ['hold']);
  const inMs = rig.sink.retryAtMs - monotonicMs();
  assert.ok(inMs > 0 && inMs <= 1000, `${inMs}`);
  closeSync(pipe.read);
  closeSync(pipe.write);
});

test('a reader that is gone costs lines, never an exception, and holds up nobody', () => {
  const pipe = makePipe();
  closeSync(pipe.read);
  const rig = new Rig(pipe.write);
  for (let count = 0; count < 3000; count += 1) rig.write(LINE);
  assert.equal(rig.dropped, 3000);
  assert.deepEqual(rig.troubles, ['EPIPE'], 'told once');
  assert.deepEqual(rig.pressures, []);
  assert.ok(rig.sink.isEmpty);
  closeSync(pipe.write);
});

test("Bosun's own lines have room where services have filled the queue", () => {
  const pipe = makePipe();
  const rig = new Rig(pipe.write);
  let dropped = 0;
  for (let count = 0; count < 3000; count += 1) dropped += rig.write(LINE);
  for (let count = 0; count < 100; count += 1) rig.sink.writeOwn(Buffer.from(`own ${count} ${LINE}`));
  assert.equal(rig.dropped, dropped, 'of them none is dropped');
  for (let count = 0; count < 100; count += 1) rig.sink.writeOwn(Buffer.from(`more ${count} ${LINE}`));
  assert.ok(rig.dropped > dropped, 'nor is there any end to it');
  closeSync(pipe.read);
  closeSync(pipe.write);
});

test('a write that has room is done at once', () => {
  const pipe = makePipe();
  const rig = new Rig(pipe.write);
  rig.write('now\n');
  assert.equal(readAll(pipe.read), 'now\n');
  rig.sink.writeOwn(Buffer.from('own\n'));
  assert.equal(readAll(pipe.read), 'own\n');
  assert.deepEqual(rig.waited, []);
  closeSync(pipe.read);
  closeSync(pipe.write);
});

test('a full disk: what cannot be written waits up to the bound, the rest is counted', () => {
  // Every write to it is ENOSPC, full(4).
  const fd = openSync('/dev/full', 'w');
  const rig = new Rig(fd);
  assert.equal(rig.write(LINE), 0);
  assert.deepEqual(rig.waited, [], 'it would be writable all the time');
  assert.ok(rig.sink.retryAtMs < monotonicMs() + 1000, 'so it is tried again');
  for (let count = 1; count < 3000; count += 1) rig.write(LINE);
  assert.ok(rig.dropped > 500 && rig.dropped < 2999, `dropped ${rig.dropped}`);
  assert.deepEqual(rig.troubles, ['ENOSPC']);
  rig.sink.flush();
  assert.ok(!rig.sink.isEmpty, 'nothing is told before it can be');
  closeSync(fd);
});
