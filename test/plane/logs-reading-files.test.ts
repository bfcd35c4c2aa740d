// Reading a service's log files while they are written, rotated, compressed and removed by the real writer.
import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { LogBlock } from '../../supervisor/core/log-message.ts';
import type { LogFileSpec } from '../../supervisor/core/log-spec.ts';
import { createRotatingFiles } from '../../supervisor/logs/files/rotating-files.ts';
import { createFileFormat } from '../../supervisor/logs/format/formats.ts';
import { TroubleMemory } from '../../supervisor/logs/trouble-memory.ts';
import { TALLY_BYTES } from '../../supervisor/core/log-board.ts';
import type { BlockStore, FileProgress } from '../../supervisor/logs/ports.ts';
import { FileSource, type FileSourceOptions } from '../../supervisor/plane/logs/reading/file-source.ts';
import { findStart } from '../../supervisor/plane/logs/reading/find-start.ts';
import { createLineFilter, type LineWish } from '../../supervisor/plane/logs/reading/line-filter.ts';
import { LogFiles } from '../../supervisor/plane/logs/reading/log-files.ts';
import {
  parseCursor,
  writeCursor,
  type FilePosition,
} from '../../supervisor/plane/logs/reading/log-position.ts';
import type { LogGap, ReadLine } from '../../supervisor/plane/logs/reading/read-line.ts';
import { PLAIN_LOG_FILE } from '../support/log-file-spec.ts';

const FIRST: FilePosition = { kind: 'file', number: 1, offset: 0 };
const ANYTHING: LineWish = {
  stream: undefined,
  sinceMs: undefined,
  untilMs: undefined,
  grep: undefined,
  letterCase: 'exact',
};

class Written implements Disposable {
  readonly directory = join(mkdtempSync(join(tmpdir(), 'bosun-reading-')), 'web');
  readonly spec: LogFileSpec;
  readonly #format: (block: LogBlock) => Uint8Array;
  #store: BlockStore;
  pieceBytes = 512;
  timeMs = Date.UTC(2026, 10, 21, 14);

  constructor(more: Partial<LogFileSpec> = {}) {
    this.spec = {
      ...PLAIN_LOG_FILE,
      directory: this.directory,
      maxBytes: 2000,
      ...more,
    };
    this.#format = createFileFormat(this.spec.format);
    this.#store = this.#open();
  }

  write(text: string | Buffer, more: Partial<LogBlock> = {}): void {
    const block: LogBlock = {
      service: 'web',
      pid: 7,
      stream: 'stdout',
      timeMs: this.timeMs,
      bytes: Buffer.from(text),
      ends: 'line',
      ...more,
    };
    this.#store.write(this.#format(block), progress());
  }

  /** Another Bosun goes on with the same files. */
  restart(): void {
    this.#store.close();
    this.#store = this.#open();
  }

  /** As the control plane does it: all that is rotated and plain. */
  compress(form: 'gzip' | 'zstd' = 'gzip'): void {
    for (const name of this.rotated().filter((each) => each.endsWith('.log'))) {
      const path = join(this.directory, name);
      const plain = readFileSync(path);
      const packed = form === 'gzip' ? gzipSync(plain) : zstdCompressSync(plain);
      writeFileSync(`${path}${form === 'gzip' ? '.gz' : '.zst'}`, packed);
      unlinkSync(path);
    }
  }

  rotated(): readonly string[] {
    return readdirSync(this.directory)
      .filter((name) => name !== 'current.log')
      .toSorted();
  }

  get options(): FileSourceOptions {
    return {
      service: 'web',
      files: new LogFiles(this.directory),
      format: this.spec.format,
      pieceBytes: this.pieceBytes,
    };
  }

  [Symbol.dispose](): void {
    this.#store.close();
    rmSync(join(this.directory, '..'), { recursive: true, force: true });
  }

  #open(): BlockStore {
    const nothing = (): void => undefined;
    const observer = { failed: nothing, recovered: nothing, rotated: nothing };
    const memory = new TroubleMemory(new SharedArrayBuffer(TALLY_BYTES), 'file');
    return createRotatingFiles(this.spec, 'web', observer, memory, () => this.timeMs);
  }
}

function progress(): FileProgress {
  const words = new Int32Array(1);
  return {
    words,
    word: 0,
    get bytes() {
      return words[0] ?? 0;
    },
    lose: ({ lines }) => {
      assert.fail(`${lines} lines are lost`);
    },
  };
}

type Read = {
  readonly lines: readonly ReadLine[];
  readonly gaps: readonly LogGap[];
  readonly at: FilePosition;
};

/** To the end of what there is, or so many lines at the least. */
async function readFrom(written: Written, from: FilePosition, most = Infinity): Promise<Read> {
  const source = new FileSource(written.options, from);
  const lines: ReadLine[] = [];
  const gaps: LogGap[] = [];
  try {
    for (;;) {
      const batch = await source.next();
      if (batch.gap !== undefined) gaps.push(batch.gap);
      lines.push(...batch.lines);
      if (batch.state === 'idle' || lines.length >= most) return { lines, gaps, at: source.position };
    }
  } finally {
    source.close();
  }
}

function texts({ lines }: Pick<Read, 'lines'>): readonly string[] {
  return lines.map(({ bytes }) => bytes.toString());
}

function numbersUpTo(count: number, from = 0): readonly string[] {
  return Array.from({ length: count - from }, (_, index) => `line ${from + index}`);
}

async function newest(
  written: Written,
  lines: number,
  wish: Partial<LineWish> = {},
): Promise<readonly string[]> {
  const filter = createLineFilter({ ...ANYTHING, ...wish });
  const start = await findStart(written.options, {
    lines,
    filter: Object.keys(wish).length === 0 ? undefined : filter,
    sinceMs: wish.sinceMs,
    gone: new AbortController().signal,
  });
  assert.notEqual(start, 'too-slow');
  const { lines: read } = await readFrom(written, start as FilePosition);
  const wanted = filter(read);
  assert.notEqual(wanted, 'too-slow');
  return texts({ lines: wanted as readonly ReadLine[] });
}

/** Over rotated files of all three forms, and current.log. */
function inAllForms(): Written {
  const written = new Written();
  for (let line = 0; line < 300; line += 1) {
    written.timeMs += 1000;
    written.write(`line ${line}\n`, { stream: line % 10 === 0 ? 'stderr' : 'stdout' });
    if (line === 100) written.compress('gzip');
    if (line === 200) written.compress('zstd');
  }
  const names = written.rotated().join(' ');
  for (const ending of ['.gz', '.zst', '.log ']) assert.ok(names.includes(ending), names);
  return written;
}

test('each line once and in order, whatever cursor a reader comes back with, through all forms of files', async () => {
  using written = inAllForms();
  const whole = await readFrom(written, FIRST);
  assert.deepEqual(texts(whole), numbersUpTo(300));
  assert.deepEqual(whole.gaps, []);
  for (const [index, line] of whole.lines.entries()) {
    if (index % 7 !== 0) continue;
    assert.equal(line.to.kind, 'file');
    const cursor = parseCursor(writeCursor(new Map([['web', line.to]])))?.get('web') as FilePosition;
    const rest = await readFrom(written, cursor);
    assert.deepEqual(texts(rest), numbersUpTo(300, index + 1));
    assert.deepEqual(rest.gaps, []);
  }
});

test('a cursor holds while its file is rotated, compressed, and Bosun starts anew', async () => {
  using written = new Written();
  let position = FIRST;
  const read: string[] = [];
  for (let line = 0; line < 500; line += 1) {
    written.write(`line ${line}\n`);
    if (line % 3 === 0) continue;
    const piece = await readFrom(written, position, 1);
    assert.deepEqual(piece.gaps, []);
    read.push(...texts(piece));
    position = piece.at;
    if (line % 5 === 0) written.compress(line % 2 === 0 ? 'gzip' : 'zstd');
    if (line % 11 === 0) written.restart();
  }
  const rest = await readFrom(written, position);
  assert.deepEqual([...read, ...texts(rest)], numbersUpTo(500));
  assert.ok(written.rotated().length > 5);
});

test('the newest lines are found backwards, also in what is compressed', async () => {
  using written = inAllForms();
  for (const count of [0, 1, 2, 5, 40, 77, 150, 299, 300, 301, 10_000])
    assert.deepEqual(await newest(written, count), numbersUpTo(300, Math.max(0, 300 - count)), `-n ${count}`);
});

test('the newest lines of those that fit', async () => {
  using written = inAllForms();
  assert.deepEqual(await newest(written, 3, { stream: 'stderr' }), ['line 270', 'line 280', 'line 290']);
  assert.equal((await newest(written, 25, { stream: 'stderr' })).length, 25);
  assert.deepEqual(await newest(written, 2, { grep: '^line .5$' }), ['line 85', 'line 95']);
  assert.deepEqual(await newest(written, 100, { grep: 'nowhere' }), []);
  const sinceMs = written.timeMs - 9000;
  assert.deepEqual(await newest(written, Infinity, { sinceMs }), numbersUpTo(300, 290));
  assert.deepEqual(await newest(written, 2, { sinceMs, untilMs: sinceMs + 4000 }), ['line 293', 'line 294']);
});

test('since a moment: only the files that may have such lines are read', async () => {
  using written = inAllForms();
  const oldest = written.rotated()[0] ?? '';
  writeFileSync(join(written.directory, oldest), 'no gzip at all');
  const start = await findStart(written.options, {
    lines: Infinity,
    filter: undefined,
    sinceMs: written.timeMs - 5000,
    gone: new AbortController().signal,
  });
  assert.ok(start !== 'too-slow' && start.number > 5, JSON.stringify(start));
});

test('since a moment in a large file: it is not read from its beginning, and no line is missing', async () => {
  using written = new Written({ maxBytes: 0 });
  const text = 'x'.repeat(1000);
  written.pieceBytes = 65_536;
  for (let line = 0; line < 8000; line += 1) {
    written.timeMs += 1000;
    written.write(`${line} ${text}\n`);
  }
  for (const count of [1, 500, 4321, 7999, 8001]) {
    const sinceMs = written.timeMs - (count - 1) * 1000;
    const filter = createLineFilter({ ...ANYTHING, sinceMs });
    const gone = new AbortController().signal;
    const start = await findStart(written.options, { lines: Infinity, filter, sinceMs, gone });
    assert.ok(start !== 'too-slow');
    const { lines } = await readFrom(written, start);
    const wanted = filter(lines);
    assert.equal(wanted.length, Math.min(count, 8000));
    assert.ok(lines.length - wanted.length < 1200, `${lines.length} lines were read for ${wanted.length}`);
  }
});

test('what was rotated away is told as a gap, and the next line is the oldest that is there', async () => {
  using written = new Written({ keep: 2 });
  for (let line = 0; line < 300; line += 1) written.write(`line ${line}\n`);
  const { lines, gaps } = await readFrom(written, FIRST);
  assert.deepEqual(gaps, [{ service: 'web', lines: undefined, reason: 'removed' }]);
  const [first = ''] = texts({ lines });
  assert.match(first, /^line \d{3}$/);
  assert.deepEqual(texts({ lines }), numbersUpTo(300, Number(first.slice(5))));
});

test('a file that somebody has emptied is told, and read from its beginning', async () => {
  using written = new Written({ maxBytes: 1_000_000 });
  for (let line = 0; line < 20; line += 1) written.write(`line ${line}\n`);
  const { at } = await readFrom(written, FIRST);
  truncateSync(join(written.directory, 'current.log'));
  written.write('after\n');
  const { lines, gaps } = await readFrom(written, at);
  assert.deepEqual(gaps, [{ service: 'web', lines: undefined, reason: 'replaced' }]);
  assert.deepEqual(texts({ lines }), ['after']);
});

test('a file that was emptied and has grown beyond the cursor since is told as well', async () => {
  using written = new Written({ maxBytes: 1_000_000 });
  for (let line = 0; line < 20; line += 1) written.write(`line ${line}\n`);
  const { at } = await readFrom(written, FIRST);
  truncateSync(join(written.directory, 'current.log'));
  for (let line = 0; line < 20; line += 1) written.write(`another, longer line ${line}\n`);
  const { lines, gaps } = await readFrom(written, at);
  assert.deepEqual(gaps, [{ service: 'web', lines: undefined, reason: 'replaced' }]);
  assert.equal(lines.length, 20);
});

test('rotation and compression between any two calls of a reader', async () => {
  using written = new Written({ maxBytes: 300 });
  let line = 0;
  const read: string[] = [];
  const writing = setInterval(() => {
    if (line > read.length + 30) return;
    for (let more = 0; more < 3; more += 1) written.write(`line ${line++}\n`);
    if (line % 4 === 0) written.compress('zstd');
  }, 0);
  let position = FIRST;
  try {
    while (read.length < 600) {
      const piece = await readFrom(written, position, 1);
      assert.deepEqual(piece.gaps, []);
      read.push(...texts(piece));
      position = piece.at;
    }
  } finally {
    clearInterval(writing);
  }
  assert.deepEqual(read, numbersUpTo(read.length));
});

test('a cursor of files that are no more: told, and the lines of the new ones', async () => {
  using written = new Written();
  for (let line = 0; line < 200; line += 1) written.write(`line ${line}\n`);
  const { at } = await readFrom(written, FIRST);
  // The writer would restore its last lines.
  written.restart();
  rmSync(written.directory, { recursive: true });
  written.write('new\n');
  const { lines, gaps } = await readFrom(written, { ...at, offset: at.offset + 2000 });
  assert.deepEqual(gaps, [{ service: 'web', lines: undefined, reason: 'replaced' }]);
  assert.deepEqual(texts({ lines }), ['new']);
});

test('a compressed file that is cut off: what can be read of it, a gap, and the rest', async () => {
  using written = new Written();
  for (let line = 0; line < 200; line += 1) written.write(`line ${line}\n`);
  written.compress();
  const [first = '', second = ''] = written.rotated();
  const path = join(written.directory, second);
  truncateSync(path, Math.floor(readFileSync(path).length / 2));
  const { lines, gaps } = await readFrom(written, FIRST);
  assert.deepEqual(gaps, [{ service: 'web', lines: undefined, reason: 'damaged' }]);
  const numbers = texts({ lines }).map((text) => Number(text.slice(5)));
  assert.ok(first !== '' && numbers.includes(0) && numbers.at(-1) === 199);
  assert.deepEqual(
    numbers,
    numbers.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(numbers).size, numbers.length);
});

test('an unfinished line is not shown before it is whole', async () => {
  using written = new Written();
  written.write('whole\n');
  const path = join(written.directory, 'current.log');
  appendFileSync(path, '2026-11-21T14:00:00.000Z stdout pa');
  const first = await readFrom(written, FIRST);
  assert.deepEqual(texts(first), ['whole']);
  appendFileSync(path, 'rt\n');
  assert.deepEqual(texts(await readFrom(written, first.at)), ['part']);
  assert.deepEqual(await newest(written, 1), ['part']);
});

test('the lines of a record have the time and the stream of its first, wherever reading begins', async () => {
  using written = new Written();
  written.write('Error: one\n    at two\n    at three\n', { ends: 'record', stream: 'stderr' });
  written.compress();
  const { lines } = await readFrom(written, FIRST);
  assert.deepEqual(texts({ lines }), ['Error: one', '    at two', '    at three']);
  const middle = lines[1];
  assert.ok(middle !== undefined && middle.from.kind === 'file');
  const [again] = (await readFrom(written, middle.from)).lines;
  assert.deepEqual([again?.timeMs, again?.stream], [written.timeMs, 'stderr']);
});

test('64 KiB lines, NUL, bytes that are no UTF-8: what was written, in every format that says so', async () => {
  for (const format of ['timed', 'json', 'raw'] as const) {
    using written = new Written({ format, maxBytes: 100_000 });
    const long = Buffer.alloc(65_535, 'x');
    const odd = Buffer.from([0xff, 0x00, 0x80, 0x41]);
    const newline = Buffer.from('\n');
    written.write(Buffer.concat([long, newline]));
    written.write(Buffer.concat([odd, newline]), { stream: 'stderr' });
    written.write(Buffer.alloc(65_536, 'y'), { ends: 'continues' });
    written.write('end\n');
    const { lines, gaps } = await readFrom(written, FIRST);
    assert.deepEqual(gaps, []);
    assert.deepEqual(
      lines.map(({ bytes }) => bytes.length),
      [65_535, 4, 65_536, 3],
      format,
    );
    assert.deepEqual(lines[1]?.bytes, odd);
    assert.deepEqual(
      lines.map(({ continues }) => continues),
      [false, false, true, false],
    );
    assert.equal(lines[1].stream, format === 'raw' ? undefined : 'stderr');
    assert.deepEqual(await newest(written, 2), [Buffer.alloc(65_536, 'y').toString(), 'end']);
  }
});

test('a file of one line without an end is read in pieces of bounded size', async () => {
  using written = new Written({ format: 'raw' });
  mkdirSync(written.directory, { recursive: true });
  writeFileSync(join(written.directory, '00000001.20261121T140000000Z.log'), Buffer.alloc(3_000_000, 'z'));
  const { lines } = await readFrom(written, FIRST);
  assert.equal(
    lines.reduce((sum, { bytes }) => sum + bytes.length, 0),
    3_000_000,
  );
  assert.ok(lines.every(({ bytes }) => bytes.length <= 524_288));
});

test('links are not followed: whoever may write to the directory does not make Bosun show other files', async () => {
  using written = new Written();
  mkdirSync(written.directory, { recursive: true });
  const secret = join(written.directory, '..', 'secret');
  writeFileSync(secret, 'password\n');
  symlinkSync(secret, join(written.directory, 'current.log'));
  assert.deepEqual((await readFrom(written, FIRST)).lines, []);
});

test('a cursor that is none is told from one', () => {
  for (const text of [
    '',
    'web',
    'web:',
    'web:f1',
    'web:f1.2,',
    ':f1.2',
    'web:x1.2',
    'web:f-1.2',
    'web:f1.2.3',
  ])
    assert.equal(parseCursor(text), undefined, text);
  assert.deepEqual(
    parseCursor('web:f3.12,db:m1763733600000.7'),
    new Map<string, unknown>([
      ['web', { kind: 'file', number: 3, offset: 12 }],
      ['db', { kind: 'ring', bornMs: 1_763_733_600_000, byte: 7 }],
    ]),
  );
});
