// How blocks are shown: as they are, with a prefix, with a time. JSON has a file of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFileFormat, createFormat } from '../../supervisor/logs/format/formats.ts';
import { anyEnd, anyLines, block, endedBlock, join, linesOf } from './support/blocks.ts';

const PLAIN = { names: ['bosun', 'consul-template'], color: false };
const STREAM = fc.constantFrom('stdout' as const, 'stderr' as const);

function show(
  format: (given: ReturnType<typeof block>) => Uint8Array,
  given: ReturnType<typeof block>,
): string {
  return Buffer.from(format(given)).toString();
}

test('raw is the bytes as they are', () => {
  fc.assert(
    fc.property(anyLines, STREAM, (lines, stream) => {
      for (const ends of ['line', 'record'] as const) {
        const given = endedBlock(lines, ends, stream);
        assert.deepEqual(Buffer.from(createFormat('raw', PLAIN)(given)), join(lines));
        assert.deepEqual(Buffer.from(createFileFormat('raw')(given)), join(lines));
      }
    }),
  );
});

test('a piece of a long line says that it goes on, in every format', () => {
  const piece = block('piece', { ends: 'continues', service: 'bosun' });
  const mark = ' [bosun: longer than 64 KiB, goes on in the next line]';
  assert.equal(show(createFormat('raw', PLAIN), piece), `piece${mark}\n`);
  assert.equal(show(createFormat('prefix', PLAIN), piece), `bosun           | piece${mark}\n`);
  assert.equal(show(createFileFormat('timed'), piece), '2026-11-21T14:20:30.123Z stdout+ piece\n');
  const json = JSON.parse(show(createFormat('json', PLAIN), piece)) as Record<string, unknown>;
  assert.deepEqual([json['msg'], json['continues']], ['piece', true]);
});

test('prefixes are aligned to the longest name, and coloured only when asked', () => {
  const plain = createFormat('prefix', PLAIN);
  assert.equal(
    show(plain, block('hi\n\nyou\n', { service: 'bosun' })),
    'bosun           | hi\nbosun           | \nbosun           | you\n',
  );
  assert.equal(show(plain, block('hi\n', { service: 'consul-template' })), 'consul-template | hi\n');
  const colored = createFormat('prefix', { names: ['bosun', 'caddy'], color: true });
  assert.equal(show(colored, block('hi\n', { service: 'bosun' })), '\u001b[36mbosun | \u001b[0mhi\n');
  assert.equal(show(colored, block('hi\n')), '\u001b[33mcaddy | \u001b[0mhi\n');
});

test('a name that is longer than the column, or that no configuration has, is shown whole', () => {
  const long = 'a-service-with-quite-a-long-name';
  const format = createFormat('prefix', { names: [long, 'b'], color: false });
  assert.equal(show(format, block('hi\n', { service: long })), `${long} | hi\n`);
  assert.equal(show(format, block('hi\n', { service: 'b' })), `${'b'.padEnd(24)} | hi\n`);
  const [first, second] = [0, 1].map(() => createFormat('prefix', { names: ['b'], color: true }));
  assert.ok(first && second);
  show(first, block('hi\n', { service: 'met-before' }));
  const unknown = block('hi\n', { service: 'unknown' });
  assert.equal(show(first, unknown), show(second, unknown), 'whoever was met before');
});

test('the lines of a record stand below its first', () => {
  const record = block('Error: no\n  at a\n  at b\n', { ends: 'record', service: 'bosun', stream: 'stderr' });
  assert.equal(
    show(createFormat('prefix', PLAIN), record),
    'bosun           | Error: no\n                |   at a\n                |   at b\n',
  );
  assert.equal(
    show(createFileFormat('timed'), record),
    '2026-11-21T14:20:30.123Z stderr Error: no\n\t  at a\n\t  at b\n',
  );
});

test('each line of a timed file has its time and stream', () => {
  assert.equal(
    show(createFileFormat('timed'), block('a\n\nb\r\n', { stream: 'stderr' })),
    '2026-11-21T14:20:30.123Z stderr a\n2026-11-21T14:20:30.123Z stderr \n2026-11-21T14:20:30.123Z stderr b\r\n',
  );
});

test('every output is whole lines, has every byte of the block, and is the same in another thread', () => {
  const createAll = () => [
    createFormat('raw', PLAIN),
    createFormat('prefix', { ...PLAIN, color: true }),
    createFileFormat('timed'),
    createFormat('json', PLAIN),
  ];
  const formats = createAll();
  fc.assert(
    fc.property(anyLines, anyEnd, STREAM, (lines, ends, stream) => {
      const given = endedBlock(lines, ends, stream);
      const before = Buffer.from(given.bytes);
      const others = createAll();
      for (const [index, format] of formats.entries()) {
        const output = Buffer.from(format(given));
        const count = ends === 'continues' || (ends === 'record' && index === 3) ? 1 : lines.length;
        assert.equal(linesOf(output).length, count);
        assert.deepEqual(Buffer.from(others[index]?.(given) ?? ''), output);
        if (index < 3) assert.ok(linesOf(output).every((line, at) => line.includes(lines[at] ?? '')));
      }
      assert.deepEqual(Buffer.from(given.bytes), before, 'and the block is not written to');
    }),
  );
});

test('64 KiB of nothing but newlines, of one line, and of one byte come out', () => {
  const formats = [createFormat('prefix', PLAIN), createFileFormat('timed'), createFormat('json', PLAIN)];
  for (const format of formats) {
    assert.equal(linesOf(format(block('\n'.repeat(65_536)))).length, 65_536);
    const [long] = linesOf(format(block(`${'x'.repeat(65_536)}\n`)));
    assert.ok(long?.includes('x'.repeat(65_536)));
    assert.equal(linesOf(format(block('\n'))).length, 1);
  }
});

test('outputs of any length come out whole, whatever was before them', () => {
  const format = createFormat('raw', PLAIN);
  for (const length of [1, 4096, 4097, 70_000, 4097, 300_000, 300_001, 262_144, 262_145, 1]) {
    const mark = Buffer.from(' [bosun: longer than 64 KiB, goes on in the next line]\n');
    const piece = Buffer.alloc(Math.max(0, length - mark.length), 'piece');
    assert.deepEqual(Buffer.from(format(block(piece, { ends: 'continues' }))), Buffer.concat([piece, mark]));
  }
});
