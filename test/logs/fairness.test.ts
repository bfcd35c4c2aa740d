// Whose turn it is: with the real pipes, the real epoll(7) and a service that is never done, lines of the others are out within a bounded number
// of turns. Counted, not timed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { createLogBoard, TALLY_BYTES } from '../../supervisor/core/log-board.ts';
import type { LogBlock } from '../../supervisor/core/log-message.ts';
import { DEFAULT_LOGS } from '../../supervisor/core/log-spec.ts';
import type { RunId, ServiceName } from '../../supervisor/core/names.ts';
import { BackPressure } from '../../supervisor/logs/back-pressure.ts';
import { countLines } from '../../supervisor/logs/block-splitter.ts';
import { LineRing } from '../../supervisor/logs/line-ring.ts';
import { Pipes } from '../../supervisor/logs/pipes.ts';
import { ServiceOutput } from '../../supervisor/logs/service-output.ts';
import { Staging } from '../../supervisor/logs/staging.ts';
import { StdoutSink } from '../../supervisor/logs/stdout-sink.ts';
import { Tally } from '../../supervisor/logs/tally.ts';
import { EpollPoll } from '../../supervisor/os/epoll-poll.ts';
import { createEpoll, makeNonBlocking, setPipeSize } from '../../supervisor/os/libc-poll.ts';
import { libc } from '../../supervisor/os/libc.ts';

const LINES = Buffer.from(`${'x'.repeat(99)}\n`.repeat(1000));

class Turns implements Disposable {
  /** Of each service, how many lines are out. */
  readonly lines: number[] = [];
  readonly writeEnds: number[] = [];
  looks = 0;
  readonly #pipes: Pipes;
  readonly #poll: EpollPoll;
  readonly #fds: number[] = [];

  constructor(services: number) {
    const epoll = createEpoll();
    assert.ok(epoll.ok);
    this.#poll = new EpollPoll(epoll.value);
    const nowhere = fs.openSync('/dev/null', 'w');
    this.#fds.push(epoll.value, nowhere);
    const board = createLogBoard();
    const pressure = new BackPressure(board, () => assert.fail('/dev/null takes all'));
    const stdout = new StdoutSink({
      fd: nowhere,
      board,
      poll: this.#poll,
      pressure,
      lossNotice: () => assert.fail('nothing is lost'),
      onTrouble: (errno) => assert.fail(errno),
    });
    const outputs = Array.from({ length: services }, (_, index) => this.#outputOf(index, stdout));
    this.#pipes = new Pipes({
      ports: {
        poll: this.#poll,
        makeNonBlocking: (fd) => void makeNonBlocking(fd),
        growPipe: (fd, bytes) => (setPipeSize(fd, bytes).ok ? 'grown' : 'refused'),
        post: () => undefined,
        receive: () => undefined,
      },
      staging: new Staging(board),
      outputOf: (service) => outputs[Number(service)] ?? assert.fail(service),
      left: () => undefined,
    });
    for (let index = 0; index < services; index += 1) this.#lend(index);
  }

  /** As log-thread.ts has it, without waiting. */
  turn(): void {
    this.#pipes.takeWaitMs();
    const ready = this.#poll.wait(0);
    this.looks += ready.length;
    this.#pipes.read(ready);
  }

  /** As much as the pipe takes. */
  fill(index: number): void {
    const fd = this.writeEnds[index] ?? -1;
    try {
      for (;;) fs.writeSync(fd, LINES);
    } catch {
      // EAGAIN: it is full.
    }
  }

  say(index: number): void {
    fs.writeSync(this.writeEnds[index] ?? -1, 'now and then\n');
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.#fds, ...this.writeEnds]) libc.close(fd);
  }

  #lend(index: number): void {
    const made = libc.pipe();
    assert.ok(made.ok);
    const { read, write } = made.value;
    makeNonBlocking(write);
    this.writeEnds.push(write);
    this.#fds.push(read);
    this.lines.push(0);
    this.#pipes.lend({
      service: String(index) as ServiceName,
      run: (index + 1) as RunId,
      stream: 'stdout',
      pid: 100,
      fd: read,
      carry: new SharedArrayBuffer(4, { maxByteLength: 4 + 65_536 }),
      watched: [],
    });
  }

  #outputOf(index: number, stdout: StdoutSink): ServiceOutput {
    const tally = new SharedArrayBuffer(TALLY_BYTES);
    const format = ({ bytes }: LogBlock): Uint8Array => {
      this.lines[index] = (this.lines[index] ?? 0) + countLines(bytes);
      return bytes;
    };
    return new ServiceOutput(
      {
        source: { service: String(index) as ServiceName, logs: DEFAULT_LOGS, secrets: [], tally },
        tally: new Tally(tally),
        format,
        redact: (bytes) => ({ bytes, masked: 0 }),
        keepWhole: undefined,
        file: undefined,
        ring: new LineRing(1000),
      },
      {
        stdout,
        spool: { write: () => undefined, tick: () => undefined, close: () => undefined, dueAtMs: Infinity },
        tellFollowers: () => undefined,
      },
    );
  }
}

test('a service that writes as fast as it can keeps no other waiting for more than a turn', () => {
  using turns = new Turns(4);
  // It is first, and taken for one that is written to all the time.
  for (let turn = 0; turn < 10; turn += 1) {
    turns.fill(0);
    turns.turn();
  }
  for (let round = 1; round <= 200; round += 1) {
    for (const quiet of [1, 2, 3]) turns.say(quiet);
    turns.fill(0);
    const before = turns.lines[0] ?? 0;
    turns.turn();
    assert.deepEqual(turns.lines.slice(1), [round, round, round]);
    const noisy = (turns.lines[0] ?? 0) - before;
    // One read of a pipe of a megabyte, and what was carried before it.
    assert.ok(noisy > 0 && noisy <= 2 ** 20 / 100 + 700, `${noisy} lines of the noisy one in a turn`);
  }
});

test('a thousand pipes: each is read when it has something, and none when it has nothing', () => {
  using turns = new Turns(1000);
  const all = Array.from({ length: 1000 }, (_, index) => index);
  for (const index of all) turns.say(index);
  turns.fill(500);
  let count = 0;
  for (; turns.lines.some((lines) => lines === 0); count += 1) turns.turn();
  // epoll_wait(2) gives so many at a time, each in its turn.
  assert.ok(count <= 1000 / 256 + 2, `${count} turns`);
  assert.ok(turns.lines.every((lines, index) => index === 500 || lines === 1));
  for (let turn = 0; turn < 20; turn += 1) turns.turn();
  const before = turns.looks;
  for (let turn = 0; turn < 20; turn += 1) turns.turn();
  assert.equal(turns.looks, before, 'an idle pipe is not looked at');
  turns.say(999);
  turns.turn();
  assert.equal(turns.lines[999], 2);
  assert.equal(turns.looks, before + 1);
});

test('a thousand that write all the time share the turns alike', () => {
  using turns = new Turns(1000);
  const all = Array.from({ length: 1000 }, (_, index) => index);
  for (let turn = 0; turn < 60; turn += 1) {
    for (const index of all) turns.say(index);
    turns.turn();
  }
  const least = Math.min(...turns.lines);
  assert.ok(least >= 30, `one has ${least} of 60 lines out`);
});
