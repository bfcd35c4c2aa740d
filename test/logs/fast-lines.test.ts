// The fast way of putting blocks together gives byte for byte what the plain one gives, whatever the lines are.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogBlock } from '../../supervisor/core/log-message.ts';
import { createFileFormat, createFormat } from '../../supervisor/logs/format/formats.ts';
import { JsonFrame, JsonLines } from '../../supervisor/logs/format/json-lines.ts';
import { OutputBuffer } from '../../supervisor/logs/format/output-buffer.ts';
import { anyLine, block, join } from './support/blocks.ts';
import { LEVEL_LINES } from './support/level-lines.ts';

const LONG = 'a-service-with-quite-a-long-name-and-a-"';
const BLOCK_BYTES = 65_536;
/** With these among its lines, a block is large enough to be worth the fast way. */
const FILLING = Array.from({ length: 96 }, (_, index) =>
  Buffer.from(`${'x'.repeat(index)} filling ${index}`),
);

const json = createFileFormat('json');
const timed = createFileFormat('timed');
const prefix = createFormat('prefix', { names: ['caddy', 'bosun'], color: true });

function plainJson(given: LogBlock): string {
  return new JsonLines(given, new JsonFrame(given), isUtf8(given.bytes)).all();
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function withHeads(lines: readonly Buffer[], first: string, others: string): string {
  return lines.map((line, index) => `${index === 0 ? first : others}${latin1(line)}\n`).join('');
}

function assertSame(lines: readonly Buffer[], overrides: Partial<LogBlock> = {}): void {
  const given = block(join(lines), overrides);
  const shown = latin1(json(given));
  // Not by assert.equal, which takes minutes to show where two texts of megabytes differ.
  const expected = plainJson(given);
  if (shown !== expected) assert.fail(differenceOf(shown, expected));
}

function differenceOf(shown: string, expected: string): string {
  let at = 0;
  while (shown[at] === expected[at]) at += 1;
  const around = (text: string) => JSON.stringify(text.slice(Math.max(0, at - 120), at + 60));
  return `at ${at} of ${shown.length}: ${around(shown)} instead of ${around(expected)}`;
}

/** What stands at the heads of lines, to be put together in any way. */
const PIECES = [
  ...[
    '2026-11-21T14:20:3x',
    '2026-11-21T14:20:30.123Z',
    '2026-Nov-21 14:20:30',
    '2026/11/21 14:20:30',
    '14:20:30',
    '1',
    '4:',
    ' ',
  ],
  ...[
    'T',
    'Z',
    '1T',
    '1Z',
    'U',
    'UTC ',
    'UT',
    '\t',
    '[',
    ']',
    '(',
    ':',
    '=',
    '.',
    '|',
    '<',
    '>',
    '<3>',
    '<9>',
  ],
  ...[
    '\u001b',
    '\u001b[31m',
    '\u001b[1;31',
    'm',
    'ERROR',
    'Error',
    'error',
    'WARN',
    'warn:',
    '[crit]',
    'TRACE',
  ],
  ...[
    'trc',
    'DBG',
    'fatal',
    'panic',
    'alert',
    'emergency',
    'severe',
    'err',
    'errors',
    'ERRORS',
    'E',
    'W',
    'F',
  ],
  ...[
    'E1121 14:20:30.1',
    'W1121 1',
    'level=error',
    'level="warn"',
    'time=1 ',
    'ts=1 ',
    't=1 ',
    'l',
    'msg=x ',
    'x',
  ],
  ...[
    '{',
    '}',
    '{}',
    '{"a":1}',
    '{"bosun":1}',
    '"',
    '\\',
    '\r',
    '\u0000',
    '\u001f',
    '\u007f',
    'ü',
    '€',
    '😀',
  ],
  '1'.repeat(70),
];
const headLine = fc
  .array(fc.constantFrom(...PIECES), { maxLength: 8 })
  .map((pieces) => Buffer.from(pieces.join('')));
/** Whose special bytes come to lie anywhere in a chunk of sixteen. */
const sparseLine = fc
  .array(fc.oneof({ weight: 20, arbitrary: fc.constant(0x61) }, fc.nat(255)), { maxLength: 120 })
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
const longLine = fc
  .record({ piece: fc.oneof(anyLine, headLine), times: fc.nat(3000) })
  .map(({ piece, times }) => Buffer.from(piece.toString('latin1').repeat(times).slice(0, 50_000), 'latin1'));
const nastyLines = fc.array(
  fc.oneof(
    anyLine,
    headLine,
    sparseLine,
    { weight: 1, arbitrary: longLine },
    fc.constantFrom(...FILLING.slice(0, 20)),
  ),
  { minLength: 1, maxLength: 12 },
);

test('it is used at all: for large blocks, and not for small ones', () => {
  const output = new OutputBuffer();
  assert.notEqual(output.fastFor(Buffer.alloc(BLOCK_BYTES, 'x\n'), 'head', ''), undefined);
  assert.notEqual(output.fastFor(join(FILLING).subarray(0, 4096), 'head', ''), undefined);
  assert.equal(output.fastFor(Buffer.from('small\n'), 'head', ''), undefined);
  assert.equal(output.fastFor(Buffer.alloc(2 * BLOCK_BYTES, 'x\n'), 'head', ''), undefined, 'too large');
  assert.equal(output.fastFor(Buffer.alloc(BLOCK_BYTES, 'x\n'), 'h'.repeat(4096), ''), undefined);
  assert.equal(output.fastFor(Buffer.alloc(BLOCK_BYTES, 'x\n'), 'h', 'i'.repeat(4096)), undefined);
});

test('JSON is the same as line by line', () => {
  fc.assert(
    fc.property(nastyLines, fc.nat(FILLING.length), fc.constantFrom('caddy', LONG), (lines, at, service) => {
      const all = [...FILLING.slice(0, at), ...lines, ...FILLING, ...lines.toReversed()];
      assertSame(all, { service, stream: 'stderr' });
    }),
    { numRuns: 1500 },
  );
});

test('heads are the same as line by line', () => {
  fc.assert(
    fc.property(nastyLines, fc.nat(FILLING.length), (lines, at) => {
      const all = [...FILLING.slice(0, at), ...lines, ...FILLING, ...FILLING];
      const given = block(join(all), { stream: 'stderr' });
      const record = { ...given, ends: 'record' as const };
      const stamp = '2026-11-21T14:20:30.123Z stderr ';
      const [name, blank] = [36, 36].map(
        (color, index) => `\u001b[${color}m${index === 0 ? 'caddy | ' : '      | '}\u001b[0m`,
      );
      assert.ok(name !== undefined && blank !== undefined);
      assert.equal(latin1(timed(given)), withHeads(all, stamp, stamp));
      assert.equal(latin1(timed(record)), withHeads(all, stamp, '\t'));
      assert.equal(latin1(prefix(given)), withHeads(all, name, name));
      assert.equal(latin1(prefix(record)), withHeads(all, name, blank));
    }),
    { numRuns: 300 },
  );
});

/** Each as often as there is room for it in a block. */
const REPEATED: Readonly<Record<string, string | Buffer>> = {
  newlines: '',
  'one byte': 'x',
  errors: 'ERROR',
  times: '2026-11-21T14:20:30.123Z',
  'objects without keys': '{}',
  objects: '{"a":1}',
  'what looks like objects': '{"a"',
  'objects and text': '{}\nERROR\n{\n',
  'bytes that are escaped': '\u0000'.repeat(1000),
  'one line of bytes that are escaped': '\u0001'.repeat(BLOCK_BYTES - 1),
  'one line of quotes': '"'.repeat(BLOCK_BYTES - 1),
  'one line of a brace and what is escaped': `{${'\u0001'.repeat(BLOCK_BYTES - 2)}`,
  'one object': `{"a":"${'x'.repeat(BLOCK_BYTES - 9)}"}`,
  'one line of no UTF-8': Buffer.alloc(BLOCK_BYTES - 1, 0xff),
  'lines of no UTF-8': Buffer.from([0x45, 0xff]),
  'errors, and some of no UTF-8': Buffer.concat([Buffer.from('ERROR x\n'.repeat(9)), Buffer.from([0xe4])]),
};

for (const [name, line] of Object.entries(REPEATED))
  test(`64 KiB of ${name} are the same as line by line`, () => {
    const one = Buffer.concat([Buffer.from(line), Buffer.from('\n')]);
    const bytes = Buffer.concat(Array<Buffer>(Math.max(1, Math.floor(BLOCK_BYTES / one.length))).fill(one));
    assertSame(
      bytes
        .toString('latin1')
        .split('\n')
        .slice(0, -1)
        .map((each) => Buffer.from(each, 'latin1')),
    );
    const count = latin1(bytes).split('\n').length - 1;
    assert.equal(latin1(timed(block(bytes))).split('Z stdout ').length - 1, count);
  });

test('what was before in the memory of the loops says nothing of what comes', () => {
  assertSame(Array<Buffer>(9000).fill(Buffer.from('1:ERROR')));
  assertSame([...FILLING, ...FILLING, Buffer.from('1')]);
  assertSame([...FILLING, ...FILLING, Buffer.from('2026-11-21T14')]);
});

test('every line has the level that it has alone', () => {
  const lines = LEVEL_LINES.flatMap(([, each]) => each).map((line) => Buffer.from(line));
  assertSame([...FILLING, ...lines, ...lines.toReversed(), ...FILLING]);
});

test('a long line comes out whole where there is little room left', () => {
  const long = [
    Buffer.from(`{"a":"${'x'.repeat(50_000)}"}`),
    Buffer.from(`{"a":"${'x'.repeat(50_000)}`),
    Buffer.from('x'.repeat(50_000)),
    Buffer.alloc(50_000, 0xff),
  ];
  for (const line of long)
    for (const count of [5200, 5300, 5500, 5600])
      assertSame([...Array<Buffer>(count).fill(Buffer.from('x')), line, Buffer.from('end')]);
});

test('what looks like a time only together with the next line is none', () => {
  const pairs = [
    ['1 ERROR x', 'abc:de:fERROR'],
    ['1 ERROR 45678:90:', 'x'],
    ['1 ERROR 45678:90:1', 'x'],
    ['1 ERROR 45678:90:12', 'x'],
    ['1 ERROR', '890:2:4'],
    ['1', '2:4567890:2:4 ERROR'],
    ['12', '4567890:2:4 ERROR'],
    ['1234567890123:56:8x', 'ERROR'],
    ['1234567890123:56:8xERROR', ''],
  ];
  for (const pair of pairs) assertSame([...FILLING, ...pair.map((line) => Buffer.from(line)), ...FILLING]);
});

test('without WebAssembly everything is as it is with it', (context) => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly');
  assert.ok(own);
  context.after(() => Object.defineProperty(globalThis, 'WebAssembly', own));
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  const output = new OutputBuffer();
  const given = block(join([...FILLING, ...FILLING]));
  assert.equal(output.fastFor(given.bytes, 'head', ''), undefined);
  assert.equal(latin1(createFileFormat('json', output)(given)), latin1(json(given)));
  assert.equal(latin1(createFileFormat('timed', output)(given)), latin1(timed(given)));
});
