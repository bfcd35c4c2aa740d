import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CARRY_HEADER_BYTES, MAX_LINE_BYTES } from '../../supervisor/core/plane-message.ts';
import { createCarry, type Carry } from '../../supervisor/plane/logs/carry.ts';
import { LineSplitter, type LineEnd } from '../../supervisor/plane/logs/line-splitter.ts';

type Seen = { readonly bytes: Buffer; readonly ends: LineEnd };

function splitter(carry: Carry = createCarry()): { seen: Seen[]; splitter: LineSplitter } {
  const seen: Seen[] = [];
  return {
    seen,
    splitter: new LineSplitter(carry, (bytes, ends) => seen.push({ bytes: Buffer.from(bytes), ends })),
  };
}

/** What was written, put together again from the lines. */
function rejoin(seen: readonly Seen[]): Buffer {
  return Buffer.concat(
    seen.flatMap(({ bytes, ends }) => (ends === 'newline' ? [bytes, Buffer.from('\n')] : [bytes])),
  );
}

test('no byte is lost or added, however the bytes are cut into chunks', () => {
  const byte = fc.oneof(fc.constant(0x0a), fc.integer({ min: 0, max: 255 }));
  const chunks = fc.array(
    fc.uint8Array({ maxLength: 40 }).chain((bytes) => fc.array(byte, { maxLength: bytes.length })),
  );
  fc.assert(
    fc.property(chunks, (written) => {
      const { seen, splitter: lines } = splitter();
      for (const chunk of written) lines.push(Buffer.from(chunk));
      lines.end();
      assert.deepEqual(rejoin(seen), Buffer.from(written.flat()));
      assert.ok(seen.every(({ bytes }) => !bytes.includes(0x0a)));
    }),
  );
});

test('a line of exactly 64 KiB is whole; one byte more is split and says so', () => {
  const { seen, splitter: lines } = splitter();
  lines.push(Buffer.from(`${'a'.repeat(MAX_LINE_BYTES)}\n${'b'.repeat(MAX_LINE_BYTES + 1)}\n`));
  assert.deepEqual(
    seen.map(({ bytes, ends }) => [bytes.length, ends]),
    [
      [MAX_LINE_BYTES, 'newline'],
      [MAX_LINE_BYTES, 'too-long'],
      [1, 'newline'],
    ],
  );
});

test('an endless line is handed out in pieces, from many chunks too', () => {
  const { seen, splitter: lines } = splitter();
  const written = Buffer.alloc(5 * MAX_LINE_BYTES, 'abcdefg');
  for (let at = 0; at < written.length; at += 1000) lines.push(written.subarray(at, at + 1000));
  lines.end();
  assert.ok(seen.length >= 5);
  assert.ok(seen.every(({ bytes }) => bytes.length <= MAX_LINE_BYTES));
  assert.deepEqual(rejoin(seen), written);
});

test('a split does not cut a UTF-8 character in two', () => {
  const { seen, splitter: lines } = splitter();
  const text = `xx${'€'.repeat(30_000)}`;
  lines.push(Buffer.from(`${text}\n`));
  assert.ok(seen.length > 1);
  assert.equal(seen.map(({ bytes }) => bytes.toString()).join(''), text);
});

test('an unfinished line outlives its splitter in shared memory', () => {
  const shared = new SharedArrayBuffer(CARRY_HEADER_BYTES, {
    maxByteLength: CARRY_HEADER_BYTES + MAX_LINE_BYTES,
  });
  splitter(createCarry(shared)).splitter.push(Buffer.from('first half, '));
  const { seen, splitter: next } = splitter(createCarry(shared));
  next.push(Buffer.from('second half\n'));
  assert.deepEqual(
    seen.map(({ bytes }) => bytes.toString()),
    ['first half, second half'],
  );
});
