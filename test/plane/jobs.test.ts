// The output of jobs on the disk: what is kept, what is counted instead, what a former control plane has left, and what makes room.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { JobId, RunId } from '../../supervisor/core/names.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { JobOutput } from '../../supervisor/plane/jobs/job-output.ts';
import { JobStreams } from '../../supervisor/plane/jobs/job-streams.ts';
import { OutputStore } from '../../supervisor/plane/jobs/output-store.ts';
import { encodeFrame, FRAME, FrameParser } from '../../supervisor/wire/frames.ts';
import { until, within } from '../support/deadline.ts';
import type { JobEndView } from '../../supervisor/wire/job-view.ts';

const END: JobEndView = {
  state: 'exited',
  status: 'exited: 0',
  text: 'exited with code 0',
  exit_code: 0,
  signal: '',
};
const MANY = 1_000_000;

let directory: string;
const troubles: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bosun-outputs-'));
  troubles.length = 0;
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function id(number: number): JobId {
  return number as JobId;
}

function storeIn(place: string, allOutputsBytes = 100 * MANY): OutputStore {
  return new OutputStore({
    directory: place,
    allOutputsBytes,
    onTrouble: (job, errno) => troubles.push(`${job} ${errno}`),
  });
}

type Frames = { readonly stdout: string; readonly stderr: string; readonly controls: readonly string[] };

/** All that there is, as a reader gets it. */
function readAll(output: JobOutput): Frames {
  const text = { stdout: '', stderr: '' };
  const controls: string[] = [];
  const parser = new FrameParser({
    onData: (type, bytes) => (text[type === FRAME.stderr ? 'stderr' : 'stdout'] += bytes.toString('latin1')),
    onControl: (type, payload) => controls.push(`${type} ${payload.toString()}`),
  });
  const leave = output.addReader(() => undefined);
  for (let at = 0; at < output.size;) {
    const block = output.read(at);
    assert.ok(block.length > 0);
    parser.push(block);
    at += block.length;
  }
  leave();
  return { ...text, controls };
}

test('frames in the order in which they came, then the end; for nobody but the owner', () => {
  const store = storeIn(directory);
  const output = store.open(id(1), MANY);
  output.append(FRAME.stdout, Buffer.from('one '));
  output.append(FRAME.stderr, Buffer.from('two '));
  output.append(FRAME.stdout, Buffer.from('three'));
  store.complete(id(1), END);
  const bytes = readFileSync(join(directory, '1', 'output'));
  assert.deepEqual(
    bytes,
    Buffer.concat([
      encodeFrame(1, 'one '),
      encodeFrame(2, 'two '),
      encodeFrame(1, 'three'),
      encodeFrame(0, JSON.stringify(END)),
    ]),
  );
  assert.deepEqual([...bytes.subarray(0, 8)], [1, 0, 0, 0, 0, 0, 0, 4]);
  assert.equal(statSync(join(directory, '1')).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, '1', 'output')).mode & 0o777, 0o600);
  assert.deepEqual(output.counts, { bytes: 13, dropped: 0, lost: 0 });
});

test('beyond its limit output is counted, and told before the end', () => {
  const store = storeIn(directory);
  const output = store.open(id(1), 10);
  output.append(FRAME.stdout, Buffer.from('12345678'));
  output.append(FRAME.stderr, Buffer.from('abcdef'));
  output.append(FRAME.stdout, Buffer.from('never'));
  store.complete(id(1), END);
  const read = readAll(output);
  assert.equal(read.stdout, '12345678');
  assert.equal(read.stderr, 'ab');
  assert.deepEqual(read.controls, [`3 {"dropped":9,"lost":0}`, `0 ${JSON.stringify(END)}`]);
});

test('another control plane goes on where the frames are whole, with the counts of the former one', () => {
  const before = storeIn(directory).open(id(1), 8);
  before.append(FRAME.stdout, Buffer.from('kept'));
  before.append(FRAME.stdout, Buffer.from('more, too long'));
  appendFileSync(join(directory, '1', 'output'), encodeFrame(FRAME.stdout, 'torn').subarray(0, 10));
  const store = storeIn(directory);
  store.begin(new Set([id(1)]));
  const output = store.open(id(1), 20);
  assert.deepEqual(output.counts, { bytes: 8, dropped: 10, lost: 0 });
  output.append(FRAME.stderr, Buffer.from('again'));
  store.complete(id(1), END);
  assert.deepEqual(readAll(output), {
    stdout: 'keptmore',
    stderr: 'again',
    controls: ['3 {"dropped":10,"lost":0}', `0 ${JSON.stringify(END)}`],
  });
});

test('an end that a former control plane did not get to write whole is written once', () => {
  const former = storeIn(directory).open(id(1), MANY);
  former.append(FRAME.stdout, Buffer.from('kept'));
  appendFileSync(join(directory, '1', 'output'), encodeFrame(FRAME.end, '{"half":"an end"}'));
  const store = storeIn(directory);
  assert.equal(store.reopen(id(1)), 'incomplete');
  const output = store.open(id(1), MANY);
  store.complete(id(1), END);
  assert.deepEqual(readAll(output).controls, [`0 ${JSON.stringify(END)}`]);
});

test('what is complete is read again as it was; of jobs that nobody knows nothing is left', () => {
  const former = storeIn(directory);
  former.open(id(1), 4).append(FRAME.stdout, Buffer.from('kept and more'));
  former.complete(id(1), END);
  former.open(id(2), MANY).append(FRAME.stdout, Buffer.from('of a forgotten job'));
  mkdirSync(join(directory, 'nonsense'));
  const store = storeIn(directory);
  store.begin(new Set([id(1), id(3)]));
  assert.equal(store.reopen(id(1)), 'complete');
  assert.equal(store.reopen(id(3)), 'absent');
  assert.ok(!existsSync(join(directory, '2')) && !existsSync(join(directory, 'nonsense')));
  const output = store.find(id(1));
  assert.ok(output?.isComplete);
  assert.deepEqual(output.counts, { bytes: 4, dropped: 9, lost: 0 });
  assert.equal(readAll(output).stdout, 'kept');
});

test('those that ended first make room for newer ones; who reads one goes on; one that lives is not touched', () => {
  const store = storeIn(directory, 3000);
  const chunk = Buffer.alloc(800, 'x');
  for (const number of [1, 2]) store.open(id(number), MANY).append(FRAME.stdout, chunk);
  store.complete(id(2), END);
  store.complete(id(1), END);
  const second = store.find(id(2));
  assert.ok(second);
  const leave = second.addReader(() => undefined);
  const third = store.open(id(3), MANY);
  third.append(FRAME.stdout, chunk);
  third.append(FRAME.stdout, chunk);
  assert.equal(store.find(id(2)), undefined, 'it ended first');
  assert.ok(!existsSync(join(directory, '2')));
  assert.ok(store.find(id(1)));
  assert.equal(second.read(0).length, 8 + 800 + 8 + JSON.stringify(END).length);
  leave();
  for (let count = 0; count < 3; count += 1) third.append(FRAME.stdout, chunk);
  assert.equal(store.find(id(1)), undefined);
  assert.deepEqual(third.counts, { bytes: 2400, dropped: 1600, lost: 0 });
});

test('readers are woken by what comes, and by the end', async () => {
  const store = storeIn(directory);
  const output = store.open(id(1), MANY);
  const next = (): Promise<number> =>
    new Promise((resolve) => {
      const leave = output.addReader(() => {
        leave();
        resolve(output.size);
      });
    });
  const first = next();
  output.append(FRAME.stdout, Buffer.from('x'));
  output.append(FRAME.stderr, Buffer.from('y'));
  assert.equal(await within('the first', first), 18);
  const second = next();
  store.complete(id(1), END);
  assert.ok((await within('the end', second)) > 18);
});

function makePipe(): { readonly read: number; readonly write: number } {
  const made = libc.pipe();
  assert.ok(made.ok);
  return made.value;
}

test('when a job ends what is in its pipes is read, and whoever still holds them is not waited for', async () => {
  const [out, err] = [makePipe(), makePipe()];
  const got: string[] = [];
  const done = new Set<string>();
  const streams = new JobStreams(['stdout', 'stderr'], {
    onChunk: (stream, bytes) => got.push(`${stream} ${bytes.toString()}`),
    onDone: (stream) => done.add(stream),
    onDrained: () => got.push('drained'),
  });
  const end = { job: id(1), run: 1 as RunId };
  streams.add({ ...end, stream: 'stdout', fd: out.read });
  writeSync(out.write, 'last words');
  writeSync(err.write, 'of both');
  streams.jobEnded();
  assert.deepEqual(got, ['stdout last words'], 'the other end has not been lent yet');
  streams.add({ ...end, stream: 'stderr', fd: err.read });
  assert.deepEqual(got, ['stdout last words', 'stderr of both', 'drained']);
  // Whoever has left the group may go on to write, and gets no EPIPE.
  writeSync(out.write, 'of a stray');
  for (const { write } of [out, err]) closeSync(write);
  await until('the ends of the pipes', () => done.size === 2);
  assert.equal(got.length, 3);
});

test('a place that cannot be written: all is counted as lost, told once, and the end is told', () => {
  const store = storeIn(join(directory, 'file', 'jobs'));
  appendFileSync(join(directory, 'file'), 'no directory');
  store.begin(new Set());
  const output = store.open(id(1), MANY);
  output.append(FRAME.stdout, Buffer.from('lost'));
  output.append(FRAME.stdout, Buffer.from('too'));
  store.complete(id(1), END);
  assert.deepEqual(troubles, ['1 ENOTDIR']);
  assert.deepEqual(readAll(output).controls, ['3 {"dropped":0,"lost":7}', `0 ${JSON.stringify(END)}`]);
});

test(
  'a full disk: whole frames up to there, the rest counted, and it goes on when there is room',
  process.getuid?.() === 0 ? {} : { skip: 'only root can mount a small disk' },
  () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]);
    try {
      appendFileSync(join(directory, 'filler'), Buffer.alloc(40_000));
      const store = storeIn(join(directory, 'jobs'), 60_000);
      store.open(id(7), MANY);
      store.complete(id(7), END);
      const output = store.open(id(1), MANY);
      const chunk = Buffer.alloc(6000, 'x');
      for (let count = 0; count < 20; count += 1) output.append(FRAME.stdout, chunk);
      const { lost, bytes } = output.counts;
      assert.ok(lost > 0 && bytes > 0 && lost + bytes === 120_000, JSON.stringify(output.counts));
      assert.deepEqual(troubles, ['1 ENOSPC']);
      assert.ok(store.find(id(7)), 'what could not be written takes no room');
      rmSync(join(directory, 'filler'));
      output.append(FRAME.stderr, Buffer.from('there is room'));
      store.complete(id(1), END);
      const read = readAll(output);
      assert.equal(read.stdout, 'x'.repeat(bytes));
      assert.equal(read.stderr, 'there is room');
      assert.equal(read.controls[0], `3 {"dropped":0,"lost":${lost}}`);
    } finally {
      execFileSync('umount', [directory]);
    }
  },
);

test('frames come whole out of pieces of any size; what is none is refused', () => {
  const bytes = Buffer.concat([encodeFrame(1, 'stdout'), encodeFrame(0, '{"a":1}'), encodeFrame(2, '')]);
  for (const size of [1, 3, 8, 100]) {
    const got: string[] = [];
    const parser = new FrameParser({
      onData: (type, piece) => got.push(`${type}:${piece.toString()}`),
      onControl: (type, payload) => got.push(`${type}=${payload.toString()}`),
    });
    for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
    assert.equal(got.join('').replaceAll('1:', ''), 'stdout0={"a":1}', `pieces of ${size}`);
  }
  for (const wrong of [Buffer.from('HTTP/1.1 400'), encodeFrame(0, 'x'.repeat(70_000)), encodeFrame(7, 'x')])
    assert.throws(() => {
      new FrameParser({ onData: () => undefined, onControl: () => undefined }).push(wrong);
    }, /not the frames/);
});
