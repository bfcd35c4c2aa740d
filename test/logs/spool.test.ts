// The queues on the disk: what is written is read again, whole and once, wherever the writer died; and they stay within their limits.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { formatSpool } from '../../supervisor/logs/spool/format-spool.ts';
import { QueueDirectory } from '../../supervisor/plane/logs/shipping/queue-directory.ts';
import type { QueueEntry } from '../../supervisor/plane/logs/shipping/queue-entry.ts';
import { BEGINNING, type QueuePosition } from '../../supervisor/plane/logs/shipping/queue-position.ts';
import { readQueue } from '../../supervisor/plane/logs/shipping/queue-reader.ts';
import { blockOf, NOWHERE, progressFrom, sinkOf, Spooling } from '../plane/logs/support/spooling.ts';
import { until } from '../support/deadline.ts';

const MIB = 1_048_576;
const NOT_ROOT = process.getuid?.() === 0 ? false : 'only root can mount';
const LIMITS = { lines: 1_000, bytes: MIB };

test('what is written is read again: each line with its service, stream, pid and time, in order', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  spooling.write({ bytes: Buffer.from('one\n\ntwo \xff\n', 'latin1'), timeMs: 1000 });
  spooling.write({ service: 'db', stream: 'stderr', pid: 7, bytes: Buffer.from('three\n'), timeMs: 1000 });
  spooling.write({ bytes: Buffer.from('a long'), ends: 'continues', timeMs: 1001 });
  spooling.write({ bytes: Buffer.from('panic\n  at x\n'), ends: 'record', timeMs: 1001 });
  const { entries, lost } = await readAll(spooling, 'a');
  assert.deepEqual(
    entries.map(({ service, stream, pid, timeNs, text, extent }) => [
      service,
      stream,
      pid,
      timeNs,
      text.toString('latin1'),
      extent,
    ]),
    [
      ['web', 'stdout', 42, '1000000000', 'one', 'line'],
      ['web', 'stdout', 42, '1000000001', '', 'line'],
      ['web', 'stdout', 42, '1000000002', 'two \xff', 'line'],
      ['db', 'stderr', 7, '1000000003', 'three', 'line'],
      ['web', 'stdout', 42, '1001000000', 'a long', 'piece'],
      ['web', 'stdout', 42, '1001000001', 'panic\n  at x', 'line'],
    ],
  );
  assert.equal(lost, 0);
});

test('a reader that stops at any line goes on at the next one, with the same times', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  spooling.writeLines(20, {}, 3);
  const { entries } = await readAll(spooling, 'a');
  assert.equal(entries.length, 20);
  for (const [index, entry] of entries.entries()) {
    const rest = await readAll(spooling, 'a', entry.after());
    assert.deepEqual(rest.entries.map(asText), entries.slice(index + 1).map(asText));
    assert.equal(rest.position.totalLines, 20);
  }
});

test('a writer that dies at any byte of a record is followed by one that leaves it whole and once', async () => {
  const length = formatSpool(blockOf({ bytes: Buffer.from('torn\n') }), []).length - 4;
  for (let written = 0; written < length; written++) {
    using spooling = new Spooling([sinkOf('a', NOWHERE)]);
    spooling.write({ bytes: Buffer.from('before\n') });
    const whole = spooling.bytesOf('a');
    spooling.write({ bytes: Buffer.from('torn\n') });
    spooling.reopen();
    const [file] = spooling.files('a');
    assert.ok(file);
    assert.equal(file.bytes, whole + length);
    truncateSync(file.path, whole + written);
    assert.deepEqual(await textsOf(spooling, 'a'), ['before'], `${written} bytes of it`);
    const progress = progressFrom(written);
    spooling.write({ bytes: Buffer.from('torn\n') }, progress);
    spooling.write({ bytes: Buffer.from('after\n') });
    assert.equal(progress.bytes, length);
    assert.deepEqual(await textsOf(spooling, 'a'), ['before', 'torn', 'after'], `${written} bytes of it`);
  }
});

test('a Bosun that dies at any byte of a record or of a segment leaves the lines before it, and the next one goes on', async () => {
  const header = 24;
  using whole = new Spooling([sinkOf('a', NOWHERE)]);
  whole.write({ bytes: Buffer.from('torn\n') });
  const bytes = readFileSync(whole.files('a')[0]?.path ?? '');
  for (let written = 0; written < bytes.length; written++) {
    using spooling = new Spooling([sinkOf('a', NOWHERE)]);
    mkdirSync(join(spooling.spoolDir, 'a'));
    writeFileSync(join(spooling.spoolDir, 'a/00000001.spool'), bytes.subarray(0, written));
    spooling.write({ bytes: Buffer.from('after\n') });
    assert.deepEqual(
      await textsOf(spooling, 'a'),
      ['after'],
      `${written} bytes, of which ${header} are the header`,
    );
  }
});

test('a copy that one sink has is not written again when the writer died between two sinks', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE), sinkOf('b', NOWHERE)]);
  const length = formatSpool(blockOf({}), []).length - 4;
  spooling.write({}, progressFrom(0), ['a']);
  spooling.reopen();
  const progress = progressFrom(length);
  spooling.write({}, progress);
  assert.deepEqual([await textsOf(spooling, 'a'), await textsOf(spooling, 'b')], [['hello'], ['hello']]);
  assert.equal(progress.bytes, 2 * length);
  spooling.write({}, progressFrom(2 * length));
  assert.deepEqual([await textsOf(spooling, 'a'), await textsOf(spooling, 'b')], [['hello'], ['hello']]);
});

test('a damaged byte is not taken for a line: what is behind it in the segment is counted', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  const text = `${'x'.repeat(1000)}\n`;
  for (let n = 0; n < 300; n++) spooling.write({ bytes: Buffer.from(text) });
  const [first] = spooling.files('a');
  assert.ok(first);
  const bytes = readFileSync(first.path);
  bytes[5000] = (bytes[5000] ?? 0) ^ 1;
  writeFileSync(first.path, bytes);
  const { entries, lost } = await readAll(spooling, 'a');
  assert.ok(lost > 0);
  assert.equal(entries.length + lost, 300);
  assert.ok(entries.every(({ text: line }) => line.toString() === text.trimEnd()));
});

test('a queue stays within its limit, drops the oldest, and the reader knows how many, to the line', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  const padding = 'x'.repeat(90);
  let most = 0;
  for (let n = 1; n <= 400; n++) {
    const lines = Array.from({ length: 100 }, (_, index) => `${n * 100 + index - 99} ${padding}\n`);
    spooling.write({ bytes: Buffer.from(lines.join('')) });
    if (n % 10 === 0) spooling.reopen();
    most = Math.max(most, spooling.bytesOf('a'));
  }
  assert.ok(most <= MIB, `${most} bytes`);
  assert.ok(most > 0.75 * MIB, `${most} bytes`);
  const first: QueuePosition = { ...BEGINNING, segment: 1, offset: 24, totalLines: 0 };
  const { entries, lost } = await readAll(spooling, 'a', first);
  const numbers = entries.map(({ text }) => Number.parseInt(text.toString(), 10));
  assert.deepEqual(
    numbers,
    Array.from({ length: numbers.length }, (_, index) => lost + 1 + index),
  );
  assert.equal(numbers.at(-1), 40_000);
  assert.equal(spooling.told.droppedLines, 0);
});

test("a sink whose queue is full takes nothing of another's", async () => {
  using spooling = new Spooling([sinkOf('small', NOWHERE, MIB), sinkOf('large', NOWHERE, 16 * MIB)]);
  const text = Buffer.from(`${'x'.repeat(9_999)}\n`);
  for (let n = 0; n < 400; n++) spooling.write({ bytes: text });
  assert.equal((await readAll(spooling, 'large')).entries.length, 400);
  assert.ok((await readAll(spooling, 'small')).entries.length < 110);
});

test('lines for a queue that cannot be written are counted and told once, and so is that it can be written again', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  writeFileSync(join(spooling.spoolDir, 'a'), 'in the way');
  const progress = progressFrom(0);
  spooling.write({ bytes: Buffer.from('one\ntwo\n') }, progress);
  spooling.write({ bytes: Buffer.from('three\n') });
  assert.deepEqual(spooling.told, { failed: ['sink a ENOTDIR'], recovered: [], droppedLines: 3 });
  assert.ok(progress.bytes > 0, 'a thread that follows does not count them again');
  rmSync(join(spooling.spoolDir, 'a'));
  spooling.write({ bytes: Buffer.from('four\n') });
  assert.deepEqual(spooling.told, { failed: ['sink a ENOTDIR'], recovered: [3], droppedLines: 3 });
  assert.deepEqual(await textsOf(spooling, 'a'), ['four']);
});

test('a record that is longer than the whole queue is counted, and the next one is written', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  spooling.write({ bytes: Buffer.alloc(MIB, 'x\n') });
  assert.equal(spooling.told.droppedLines, MIB / 2);
  spooling.write({ bytes: Buffer.from('short\n') });
  assert.deepEqual(await textsOf(spooling, 'a'), ['short']);
});

test('a queue that somebody removes is made again, and what went with it is counted by the reader', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  spooling.writeLines(10);
  const { position } = await readAll(spooling, 'a');
  rmSync(join(spooling.spoolDir, 'a'), { recursive: true });
  await until('the queue to be there again', () => {
    spooling.writeLines(1);
    return statSync(join(spooling.spoolDir, 'a'), { throwIfNoEntry: false }) !== undefined;
  });
  const { entries, lost } = await readAll(spooling, 'a', position);
  assert.equal(10 + lost + entries.length, spooling.written);
  assert.equal(spooling.told.droppedLines, 0);
});

test('only Bosun can read what waits', () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  chmodSync(spooling.spoolDir, 0o755);
  spooling.write({});
  assert.equal(statSync(join(spooling.spoolDir, 'a')).mode & 0o777, 0o700);
  assert.equal(statSync(spooling.files('a')[0]?.path ?? '').mode & 0o777, 0o600);
});

test('a segment that was torn in its first bytes does not make the reader lose count', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  spooling.writeLines(10);
  writeFileSync(join(spooling.spoolDir, 'a/00000002.spool'), 'BSP');
  const { position } = await readAll(spooling, 'a');
  spooling.reopen();
  spooling.writeLines(10);
  assert.equal((await readAll(spooling, 'a', position)).lost, 0);
  assert.equal((await readAll(spooling, 'a', position)).position.totalLines, 20);
});

test('what is written between two looks of the reader, before another segment is begun, is read', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  spooling.writeLines(1);
  class Racing extends QueueDirectory {
    #looks = 0;
    override segments(): Promise<readonly number[]> {
      if (this.#looks++ === 1) while (spooling.files('a').length === 1) spooling.writeLines(1_000);
      return super.segments();
    }
  }
  const directory = new Racing(join(spooling.spoolDir, 'a'));
  const first = await readQueue(directory, BEGINNING, LIMITS);
  const second = await readQueue(directory, first.entries.at(-1)?.after() ?? BEGINNING, LIMITS);
  assert.equal(second.missedLines, 0);
  assert.equal(second.entries[0]?.text.toString(), 'line 2');
});

test('a queue that was emptied while Bosun was down is read from its new beginning', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  const filler = Buffer.from(`${'x'.repeat(999)}\n`.repeat(60));
  for (let n = 0; n < 10; n++) spooling.write({ bytes: filler });
  const { position } = await readAll(spooling, 'a');
  assert.ok(position.segment > 2);
  rmSync(join(spooling.spoolDir, 'a'), { recursive: true });
  spooling.reopen();
  spooling.writeLines(3);
  const { entries } = await readAll(spooling, 'a', position);
  assert.deepEqual(
    entries.map(({ text }) => text.toString()),
    ['line 1', 'line 2', 'line 3'],
  );
});

test('what the reader has removed is no loss', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE, MIB)]);
  const text = Buffer.from(`${'x'.repeat(999)}\n`);
  let position = BEGINNING;
  let read = 0;
  for (let n = 0; n < 5_000; n++) {
    spooling.write({ bytes: text });
    if (n % 500 !== 499) continue;
    const reading = await readAll(spooling, 'a', position);
    position = reading.position;
    read += reading.entries.length;
    assert.equal(reading.lost, 0);
    await new QueueDirectory(join(spooling.spoolDir, 'a')).removeBefore(position.segment);
  }
  assert.equal(read, 5_000);
});

test('foreign files in a queue change nothing', async () => {
  using spooling = new Spooling([sinkOf('a', NOWHERE)]);
  spooling.write({});
  appendFileSync(join(spooling.spoolDir, 'a/00000009.txt'), 'x');
  appendFileSync(join(spooling.spoolDir, 'a/00000002.spool'), 'this is not a segment of a queue');
  spooling.reopen();
  spooling.write({ bytes: Buffer.from('later\n') });
  assert.deepEqual(await textsOf(spooling, 'a'), ['hello', 'later']);
});

test(
  'a full disk: what does not fit is counted, whole records, and it goes on when there is room',
  { skip: NOT_ROOT },
  () => {
    const script = fileURLToPath(new URL('./support/spool-on-full-disk.ts', import.meta.url));
    const TMPDIR = mkdtempSync(join(tmpdir(), 'bosun-disks-'));
    try {
      const env = { ...process.env, TMPDIR };
      const options = { encoding: 'utf8', timeout: 30_000, env } as const;
      const { stdout, stderr } = spawnSync('unshare', ['--mount', process.execPath, script], options);
      assert.equal(stdout, 'as expected\n', stderr);
    } finally {
      rmSync(TMPDIR, { recursive: true });
    }
  },
);

type All = {
  readonly entries: readonly QueueEntry[];
  readonly lost: number;
  readonly position: QueuePosition;
};

async function readAll(spooling: Spooling, sink: string, from = BEGINNING): Promise<All> {
  const directory = new QueueDirectory(join(spooling.spoolDir, sink));
  const entries: QueueEntry[] = [];
  let position = from;
  let lost = 0;
  for (;;) {
    const reading = await readQueue(directory, position, LIMITS);
    lost += reading.missedLines;
    entries.push(...reading.entries);
    position = reading.entries.at(-1)?.after() ?? reading.position;
    if (reading.entries.length === 0) return { entries, lost, position };
  }
}

async function textsOf(spooling: Spooling, sink: string): Promise<readonly string[]> {
  const { entries } = await readAll(spooling, sink);
  return entries.map(({ text }) => text.toString());
}

function asText({ timeNs, text }: QueueEntry): string {
  return `${timeNs} ${text.toString()}`;
}
