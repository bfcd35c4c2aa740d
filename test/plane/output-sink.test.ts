import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { test } from 'node:test';
import { libc } from '../../supervisor/os/libc.ts';
import { OutputSink } from '../../supervisor/plane/logs/output-sink.ts';

type Pipe = { readonly read: number; readonly write: number };

/** A pipe whose write end does not block, as open-stdout.ts opens it. */
function makePipe(): Pipe {
  const made = libc.pipe();
  assert.ok(made.ok);
  const write = openSync(`/proc/self/fd/${made.value.write}`, constants.O_WRONLY | constants.O_NONBLOCK);
  closeSync(made.value.write);
  assert.ok(fstatSync(write).isFIFO());
  return { read: made.value.read, write };
}

function makeSink(fd: number): { sink: OutputSink; pressures: string[]; troubles: string[] } {
  const pressures: string[] = [];
  const troubles: string[] = [];
  const lossNotice = (lines: number, errno = ''): Buffer => Buffer.from(`lost ${lines}${errno}\n`);
  const onPressure = (pressure: string) => pressures.push(pressure);
  const onTrouble = (errno: string) => troubles.push(errno);
  return { sink: new OutputSink({ fd, lossNotice, onTrouble, onPressure }), pressures, troubles };
}

test('what a stalled reader cannot take is dropped and counted, and told when it is back', async () => {
  const pipe = makePipe();
  const { sink, pressures } = makeSink(pipe.write);
  const line = Buffer.from(`${'x'.repeat(999)}\n`);
  for (let count = 0; count < 3000; count += 1) sink.write(Buffer.from(line), 1);
  assert.ok(sink.droppedLines > 1500, `dropped ${sink.droppedLines}`);
  assert.deepEqual(pressures, ['hold'], 'the services feel it first');

  const reader = createReadStream('', { fd: pipe.read });
  let text = '';
  reader.on('data', (chunk) => (text += chunk.toString()));
  await sink.drain(performance.now() + 10_000);
  closeSync(pipe.write);
  await new Promise((resolve) => reader.on('close', resolve));

  const lines = text.split('\n').slice(0, -1);
  const told = lines.filter((got) => got.startsWith('lost'));
  assert.deepEqual(told, [`lost ${sink.droppedLines}`]);
  assert.equal(lines.length - told.length + sink.droppedLines, 3000, 'written or counted, each of them');
  assert.ok(
    lines.every((got) => got.length === 999 || got.startsWith('lost')),
    'no line is broken',
  );
});

test('a reader that is gone costs lines, never an exception', () => {
  const pipe = makePipe();
  closeSync(pipe.read);
  const { sink, troubles } = makeSink(pipe.write);
  sink.write(Buffer.from('a\n'), 1);
  sink.write(Buffer.from('b\n'), 1);
  assert.equal(sink.droppedLines, 2);
  assert.deepEqual(troubles, ['EPIPE'], 'told once');
  closeSync(pipe.write);
});

test('a write that has room is done at once', () => {
  const pipe = makePipe();
  const { sink } = makeSink(pipe.write);
  sink.write(Buffer.from('now\n'), 1);
  const got = Buffer.alloc(10);
  assert.equal(readSync(pipe.read, got), 4);
  closeSync(pipe.read);
  closeSync(pipe.write);
});

test('a thread that dies writes what it holds, to a reader that takes it', async () => {
  const pipe = makePipe();
  const { sink } = makeSink(pipe.write);
  const reader = spawn('wc', ['-c'], { stdio: [pipe.read, 'pipe', 'inherit'] });
  for (let count = 0; count < 800; count += 1) sink.write(Buffer.alloc(1000, 'x'), 1);
  sink.salvage(performance.now() + 5000);
  closeSync(pipe.write);
  closeSync(pipe.read);
  assert.ok(reader.stdout);
  const [counted] = (await once(reader.stdout, 'data')) as [Buffer];
  assert.equal(counted.toString().trim(), '800000');
});

test('a full disk: what cannot be written waits up to the bound, the rest is counted, and it is told once', () => {
  // Every write to it is ENOSPC, full(4).
  const fd = openSync('/dev/full', 'w');
  const { sink, troubles } = makeSink(fd);
  const line = Buffer.from(`${'x'.repeat(999)}\n`);
  const dropped = (): number => sink.droppedLines;
  sink.write(Buffer.from(line), 1);
  assert.equal(dropped(), 0);
  for (let count = 1; count < 3000; count += 1) sink.write(Buffer.from(line), 1);
  assert.ok(dropped() > 1500 && dropped() < 2999, `dropped ${dropped()}`);
  assert.deepEqual(troubles, ['ENOSPC']);
  sink.salvage(0);
  closeSync(fd);
});
