// How staged bytes become blocks of whole lines: whatever a service writes comes out as it went in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../supervisor/core/plane-message.ts';
import { countLines, cutBlock } from '../../supervisor/logs/block-splitter.ts';

const NEWLINE = 0x0a;

type Seen = { readonly bytes: Buffer; readonly ends: 'line' | 'continues' | 'unfinished' };

/** All blocks of these bytes, and what is left. */
function cut(staged: Buffer, more: 'more' | 'end' = 'end'): { blocks: Seen[]; rest: Buffer } {
  const blocks: Seen[] = [];
  let start = 0;
  for (let next = cutBlock(staged, 0, more); next !== 'rest'; next = cutBlock(staged, start, more)) {
    assert.ok(next.end > start, 'every block has something in it');
    blocks.push({ bytes: staged.subarray(start, next.end), ends: next.ends });
    start = next.end;
  }
  return { blocks, rest: staged.subarray(start) };
}

/** The same through a carry: what is left is put before the next chunk, as a pipe does it. */
function cutChunks(chunks: readonly Buffer[]): { blocks: Seen[]; rest: Buffer } {
  const blocks: Seen[] = [];
  let rest: Buffer = Buffer.alloc(0);
  for (const chunk of chunks) {
    const found = cut(Buffer.concat([rest, chunk]), 'more');
    blocks.push(...found.blocks);
    rest = found.rest;
    assert.ok(rest.length <= MAX_LINE_BYTES, 'what is carried fits into a carry');
  }
  const found = cut(rest, 'end');
  return { blocks: [...blocks, ...found.blocks], rest: found.rest };
}

const summary = (blocks: readonly Seen[]): readonly (readonly [number, string])[] =>
  blocks.map(({ bytes, ends }) => [bytes.length, ends]);

test('no byte is lost or added, and only a piece of a line has no newline at its end, however the bytes are cut into chunks', () => {
  const byte = fc.oneof(fc.constant(NEWLINE), fc.integer({ min: 0, max: 255 }));
  const short = fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes));
  const long = fc.integer({ min: MAX_LINE_BYTES - 3, max: 2 * MAX_LINE_BYTES + 3 });
  const chunk = fc.oneof(
    { weight: 8, arbitrary: short },
    { weight: 1, arbitrary: long.map((length) => Buffer.alloc(length, 'ab€')) },
  );
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      const { blocks, rest } = cutChunks(chunks);
      assert.equal(rest.length, 0);
      assert.deepEqual(Buffer.concat(blocks.map(({ bytes }) => bytes)), Buffer.concat(chunks));
      for (const { bytes, ends } of blocks) {
        assert.equal(bytes.at(-1) === NEWLINE, ends === 'line');
        if (ends !== 'line') assert.ok(!bytes.includes(NEWLINE));
        assert.ok(bytes.length <= MAX_LINE_BYTES + 1);
      }
    }),
    { numRuns: 300 },
  );
});

test('lines of any chunks are the lines of all of it', () => {
  const line = fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', ''));
  fc.assert(
    fc.property(fc.array(line), fc.integer({ min: 1, max: 17 }), (lines, size) => {
      const all = Buffer.from(lines.map((text) => `${text}\n`).join(''));
      const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
        all.subarray(index * size, (index + 1) * size),
      );
      const { blocks } = cutChunks(chunks);
      assert.ok(blocks.every(({ ends }) => ends === 'line'));
      assert.equal(
        blocks.reduce((count, { bytes }) => count + countLines(bytes), 0),
        lines.length,
      );
    }),
  );
});

test('a line of exactly 64 KiB is whole; one byte more is split and says so', () => {
  assert.deepEqual(summary(cut(Buffer.from(`${'a'.repeat(MAX_LINE_BYTES)}\n`)).blocks), [
    [MAX_LINE_BYTES + 1, 'line'],
  ]);
  assert.deepEqual(summary(cut(Buffer.from(`${'b'.repeat(MAX_LINE_BYTES + 1)}\n`)).blocks), [
    [MAX_LINE_BYTES, 'continues'],
    [2, 'line'],
  ]);
});

test('64 KiB without a newline may still become a whole line, and at the end of the stream are one', () => {
  const line = Buffer.alloc(MAX_LINE_BYTES, 'c');
  assert.deepEqual(cut(line, 'more').blocks, []);
  assert.deepEqual(summary(cut(line, 'end').blocks), [[MAX_LINE_BYTES, 'unfinished']]);
  assert.deepEqual(summary(cut(Buffer.concat([line, Buffer.from('c')]), 'more').blocks), [
    [MAX_LINE_BYTES, 'continues'],
  ]);
});

test('an endless line is handed out in pieces, from many chunks too', () => {
  const written = Buffer.alloc(5 * MAX_LINE_BYTES, 'abcdefg');
  const chunks = Array.from({ length: Math.ceil(written.length / 1000) }, (_, index) =>
    written.subarray(index * 1000, (index + 1) * 1000),
  );
  const { blocks } = cutChunks(chunks);
  assert.deepEqual(
    blocks.map(({ ends }) => ends),
    ['continues', 'continues', 'continues', 'continues', 'unfinished'],
  );
  assert.deepEqual(Buffer.concat(blocks.map(({ bytes }) => bytes)), written);
});

test('a split does not cut a UTF-8 character in two; what is not UTF-8 is cut all the same', () => {
  const text = `xx${'€'.repeat(30_000)}`;
  const { blocks } = cut(Buffer.from(`${text}\n`));
  assert.ok(blocks.length > 1);
  assert.equal(blocks.map(({ bytes }) => bytes.toString()).join(''), `${text}\n`);
  assert.deepEqual(summary(cut(Buffer.alloc(MAX_LINE_BYTES + 10, 0x80)).blocks), [
    [MAX_LINE_BYTES, 'continues'],
    [10, 'unfinished'],
  ]);
});

test('NUL bytes are bytes like others', () => {
  const { blocks } = cut(Buffer.from('a\0b\n\0\n\0'));
  assert.deepEqual(summary(blocks), [
    [6, 'line'],
    [1, 'unfinished'],
  ]);
});
