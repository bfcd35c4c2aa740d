// How fast each format makes its output of blocks of 64 KiB, in MB/s of what a service wrote, on one core; beside it a JSON.stringify for each line,
// which is what a logger does that keeps to lines. Best of many short rounds, all formats in turn. node bench/logs/formats.ts
import type { LogBlock } from '../../supervisor/core/log-message.ts';
import { createFileFormat, createFormat } from '../../supervisor/logs/format/formats.ts';
import { RecordSplitter } from '../../supervisor/logs/record-splitter.ts';

const BLOCK_BYTES = 65_536;
const ROUNDS = 60;
const ROUND_MS = 4;

const WORDS =
  'request handled in 12 ms by worker number seven of the pool, all fine here today and tomorrow, says caddy';
const AT = '2026-11-21T14:20:30.123Z';
const JSON_LINE =
  '{"level":"info","ts":1700000000.123,"logger":"http.log.access","msg":"handled request","status":200}';

/** Of 100 bytes with the newline, unless the name says otherwise. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  'plain text': [cut(`${AT} ${WORDS}`)],
  'text with levels': [cut(`${AT} INFO ${WORDS}`), cut(`${AT} WARN ${WORDS}`), cut(`${AT} ERROR ${WORDS}`)],
  'access log, with quotes': [
    cut(`127.0.0.1 - - [21/Nov/2026:14:20:30 +0000] "GET /index.html HTTP/1.1" 200 612 "-" "${WORDS}"`),
  ],
  logfmt: [cut(`time=${AT} level=INFO msg="request handled" worker=7 duration=12ms ${WORDS}`)],
  'UTF-8': [cut(`${AT} Größe 12 €, ${WORDS}`)],
  JSON: [JSON_LINE],
  'JSON, nested': [
    `{"level":"info","ts":1.5,"request":{"method":"GET","headers":{"Accept":["*/*"]}},"status":200,"a":{}}`,
  ],
  'JSON and text in turn': [JSON_LINE, cut(`${AT} ${WORDS}`)],
  'not UTF-8, every 10th line': [
    ...Array<string>(9).fill(cut(`${AT} ${WORDS}`)),
    cut(`${AT} \u00ff ${WORDS}`),
  ],
  'broken JSON': [`${JSON_LINE.slice(0, -2)}"}`],
  '8-byte lines': ['request'],
  'newlines only': [''],
};

type Make = (block: LogBlock) => unknown;
const PREFIX = { names: ['caddy', 'consul-template'], color: false };
const records = new RecordSplitter({ firstLine: String.raw`^\d{4}-`, timeoutMs: 500 });
const COLUMNS: Readonly<Record<string, Make>> = {
  prefix: createFormat('prefix', PREFIX),
  timed: createFileFormat('timed'),
  json: createFormat('json', PREFIX),
  'JSON.stringify each': stringifyEach,
  'joining lines': cutRecords,
};

const names = Object.keys(COLUMNS);
process.stdout.write(row(['lines', ...names, 'json to JSON.stringify']));
process.stdout.write(row(['---', ...Array<string>(names.length + 1).fill('--:')]));
for (const [kind, lines] of Object.entries(KINDS)) {
  const block = blockOf(kind === 'not UTF-8, every 10th line' ? 'latin1' : 'utf8', lines);
  const speeds = measure(block, Object.values(COLUMNS));
  const ratio = (speeds[names.indexOf('json')] ?? 0) / (speeds[names.indexOf('JSON.stringify each')] ?? 1);
  process.stdout.write(row([kind, ...speeds.map((speed) => speed.toFixed(0)), ratio.toFixed(1)]));
}

/** MB/s of each. */
function measure(block: LogBlock, makes: readonly Make[]): readonly number[] {
  const best = makes.map(() => Infinity);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, make] of makes.entries())
      best[index] = Math.min(best[index] ?? Infinity, roundOf(block, make));
  return best.map((ms) => block.bytes.length / 1000 / ms);
}

/** Milliseconds for one block. */
function roundOf(block: LogBlock, make: Make): number {
  const beganAt = performance.now();
  let count = 0;
  let tookMs = 0;
  while (tookMs < ROUND_MS) {
    make(block);
    count += 1;
    tookMs = performance.now() - beganAt;
  }
  return tookMs / count;
}

function stringifyEach({ bytes, timeMs, pid, service, stream }: LogBlock): Buffer {
  const lines = (bytes as Buffer).toString().split('\n').slice(0, -1);
  const wrapped = lines.map((msg) => JSON.stringify({ level: 30, time: timeMs, pid, service, stream, msg }));
  return Buffer.from(`${wrapped.join('\n')}\n`);
}

/** All records of the block. */
function cutRecords({ bytes }: LogBlock): void {
  let cut = records.cut(bytes as Buffer, 0, 'end');
  while (cut !== 'rest') cut = records.cut(bytes as Buffer, cut.end, 'end');
}

/** In shared memory, as blocks are. */
function blockOf(encoding: BufferEncoding, lines: readonly string[]): LogBlock {
  const some = Buffer.from(`${lines.join('\n')}\n`, encoding);
  const bytes = Buffer.from(new SharedArrayBuffer(BLOCK_BYTES), 0, BLOCK_BYTES - (BLOCK_BYTES % some.length));
  bytes.fill(some);
  return { service: 'caddy', pid: 42, stream: 'stdout', timeMs: Date.parse(AT), bytes, ends: 'line' };
}

function cut(text: string): string {
  return text.slice(0, 99);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
