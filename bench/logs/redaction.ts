// What it costs to look for secrets in lines that hold none, which is what nearly all lines do: Bosun's search beside what else could be done.
// Microseconds for a block of 64 KiB of 100-byte lines; `needles` are all forms of the secrets. node bench/logs/redaction.ts
import { randomBytes } from 'node:crypto';
import { needlesOf } from '../../supervisor/logs/redaction/needles.ts';
import { createRedactor } from '../../supervisor/logs/redaction/redactor.ts';

const BLOCK_BYTES = 65_536;
const LINE_BYTES = 100;
const ROUNDS = 5;
const ROUND_MS = 40;

const WORDS =
  '2026-11-21T10:00:00.000Z info GET /api/v1/items/ status=200 took 12 ms user=alice id=7f3a trace 10.0.0.7 upstream ready';

type Look = (block: Buffer) => unknown;
type Contender = { readonly name: string; readonly prepare: (secrets: readonly string[]) => Look };

const CONTENDERS: readonly Contender[] = [
  {
    name: 'bosun',
    prepare: (secrets) => {
      const redact = createRedactor({ secrets, patterns: [] });
      return (block) => redact(block).masked;
    },
  },
  {
    name: 'Buffer.indexOf for each',
    prepare: (secrets) => {
      const needles = needlesOf(secrets);
      return (block) => needles.map((needle) => block.indexOf(needle));
    },
  },
  {
    name: 'one regular expression',
    prepare: (secrets) => {
      const needles = needlesOf(secrets).map((needle) => RegExp.escape(needle.toString('latin1')));
      const pattern = new RegExp(needles.length === 0 ? '(?!)' : needles.join('|'));
      return (block) => pattern.test(block.toString('latin1'));
    },
  },
  {
    name: 'Aho-Corasick',
    prepare: (secrets) => ahoCorasick(needlesOf(secrets)),
  },
];

const PATTERNS: readonly (readonly string[])[] = [
  [],
  [String.raw`[\w.+\-]+@[\w.\-]+`],
  [String.raw`(?<=password=)\S+`, String.raw`eyJ[\w\-]+\.[\w\-]+\.[\w\-]+`],
  [String.raw`\b\d{4}(?:-\d{4}){3}\b`],
];

const block = createBlock();

process.stdout.write(`\n${row(['secrets', 'bytes each', 'needles', ...CONTENDERS.map(({ name }) => name)])}`);
process.stdout.write(row(Array<string>(3 + CONTENDERS.length).fill('--:')));
for (const count of [0, 1, 10, 100]) {
  for (const length of count === 0 ? [0] : [6, 20, 40]) {
    const secrets = Array.from({ length: count }, () => randomText(length));
    const times = CONTENDERS.map(({ prepare }) => timeOf(prepare(secrets)));
    process.stdout.write(
      row([count, length, needlesOf(secrets).length, ...times.map((us) => us.toFixed(1))]),
    );
  }
}

process.stdout.write(
  `\n${row(['patterns', 'us', 'us by regular expressions alone'])}${row(['--', '--:', '--:'])}`,
);
for (const patterns of PATTERNS) {
  const redact = createRedactor({ secrets: [], patterns });
  const compiled = patterns.map((pattern) => new RegExp(pattern, 'v'));
  const alone: Look = (bytes) =>
    bytes
      .toString()
      .split('\n')
      .map((line) => compiled.map((pattern) => pattern.test(line)));
  const shown = patterns.map((pattern) => `\`${pattern.replaceAll('|', String.raw`\|`)}\``).join(' ');
  process.stdout.write(
    row([
      shown === '' ? 'none' : shown,
      timeOf((bytes) => redact(bytes).masked).toFixed(1),
      timeOf(alone).toFixed(1),
    ]),
  );
}

/** The best of several rounds, in microseconds. */
function timeOf(look: Look): number {
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = performance.now();
    let times = 0;
    do {
      look(block);
      times += 1;
    } while (performance.now() - began < ROUND_MS);
    best = Math.min(best, ((performance.now() - began) / times) * 1000);
  }
  return best;
}

/** In memory that threads share, as in Bosun. */
function createBlock(): Buffer {
  const lines = Array.from({ length: Math.floor(BLOCK_BYTES / LINE_BYTES) }, () => `${randomLine()}\n`);
  const bytes = Buffer.from(lines.join(''));
  const shared = Buffer.from(new SharedArrayBuffer(bytes.length));
  bytes.copy(shared);
  return shared;
}

function randomLine(): string {
  const words = WORDS.split(' ');
  let line = '';
  while (line.length < LINE_BYTES) line += `${words[Math.floor(Math.random() * words.length)] ?? ''} `;
  return line.slice(0, LINE_BYTES - 1);
}

function randomText(length: number): string {
  return randomBytes(length)
    .toString('base64')
    .replaceAll(/[+\/=]/gv, 'x')
    .slice(0, length);
}

/** The textbook's, as one table of 256 successors for each state; negative: something ends there. */
function ahoCorasick(needles: readonly Buffer[]): Look {
  const states = [new Map<number, number>()];
  const ends = new Set<number>();
  for (const needle of needles) {
    let state = 0;
    for (const byte of needle) {
      const successors = states[state];
      const next = successors?.get(byte) ?? states.push(new Map()) - 1;
      successors?.set(byte, next);
      state = next;
    }
    ends.add(state);
  }
  const table = tableOf(states, ends);
  return (bytes) => {
    let state = 0;
    let found = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      state = table[(state << 8) + (bytes[at] ?? 0)] ?? 0;
      if (state < 0) {
        found += 1;
        state = ~state;
      }
    }
    return found;
  };
}

function tableOf(states: readonly ReadonlyMap<number, number>[], ends: Set<number>): Int32Array {
  const table = new Int32Array(states.length * 256);
  const fallbacks = new Int32Array(states.length);
  const queue = [0];
  for (const state of queue) {
    const fallback = fallbacks[state] ?? 0;
    for (let byte = 0; byte < 256; byte += 1) {
      const next = states[state]?.get(byte);
      const other = state === 0 ? 0 : plain(table[(fallback << 8) + byte] ?? 0);
      if (next !== undefined) {
        fallbacks[next] = other;
        if (ends.has(other)) ends.add(next);
        queue.push(next);
      }
      const target = next ?? other;
      table[(state << 8) + byte] = ends.has(target) ? ~target : target;
    }
  }
  return table;
}

function plain(state: number): number {
  return state < 0 ? ~state : state;
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
