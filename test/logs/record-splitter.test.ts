// Which lines are one record, whatever the pieces are that they come in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from '../../supervisor/core/plane-message.ts';
import { PatternGuard } from '../../supervisor/logs/pattern-guard.ts';
import { RecordSplitter, type RecordCut } from '../../supervisor/logs/record-splitter.ts';

type Outlook = Parameters<RecordSplitter['cut']>[2];
type Block = { readonly bytes: Buffer; readonly ends: Exclude<RecordCut, 'rest'>['ends'] };

const TIMEOUT_MS = 500;

function splitter(firstLine = '^\\S'): RecordSplitter {
  return new RecordSplitter({ firstLine, timeoutMs: TIMEOUT_MS });
}

/** All blocks of what is staged, and what is left. */
function cutAll(
  records: RecordSplitter,
  staged: Buffer,
  outlook: Outlook,
): { readonly blocks: readonly Block[]; readonly rest: Buffer } {
  const blocks: Block[] = [];
  let start = 0;
  for (;;) {
    const cut = records.cut(staged, start, outlook);
    if (cut === 'rest') return { blocks, rest: staged.subarray(start) };
    assert.ok(cut.end > start && cut.end - start <= MAX_LINE_BYTES + 1);
    blocks.push({ bytes: staged.subarray(start, cut.end), ends: cut.ends });
    start = cut.end;
  }
}

/** As the logs' thread does it: what is left is put before what comes next. */
function feed(records: RecordSplitter, chunks: readonly Buffer[]): Block[] {
  const blocks: Block[] = [];
  let rest = Buffer.of();
  for (const chunk of chunks) {
    const cut = cutAll(records, Buffer.concat([rest, chunk]), 'more');
    blocks.push(...cut.blocks);
    rest = Buffer.from(cut.rest);
    assert.ok(rest.length <= MAX_LINE_BYTES, 'it can be carried');
  }
  const last = cutAll(records, rest, 'end');
  assert.equal(last.rest.length, 0);
  return [...blocks, ...last.blocks];
}

/** What is shown as one, without the newline at its end. */
function recordsOf(blocks: readonly Block[]): string[] {
  return blocks.flatMap(({ bytes, ends }) => {
    const text = bytes.toString().replace(/\n$/, '');
    return ends === 'line' ? text.split('\n') : [text];
  });
}

function records(text: string, firstLine?: string): string[] {
  return recordsOf(feed(splitter(firstLine), [Buffer.from(text)]));
}

test('lines that do not begin a record belong to the one before', () => {
  assert.deepEqual(records('Error: no\n  at a\n  at b\nready\nsteady\nError: yes\n  at c\n'), [
    'Error: no\n  at a\n  at b',
    'ready',
    'steady',
    'Error: yes\n  at c',
  ]);
});

test('lines before the first record are one, and so are lines none of which begins one', () => {
  assert.deepEqual(records('  at a\n  at b\nready\n'), ['  at a\n  at b', 'ready']);
  assert.deepEqual(records(' a\n\n b'), [' a\n\n b']);
});

test('records of one line go out together, in one block', () => {
  const text = Buffer.from('one\ntwo\nthree\n'.repeat(1000));
  const { blocks, rest } = cutAll(splitter(), text, 'more');
  assert.deepEqual(
    blocks.map(({ ends, bytes }) => [ends, bytes.length]),
    [['line', text.length - 6]],
  );
  assert.equal(rest.toString(), 'three\n', 'which may go on');
});

test('a line without its newline decides nothing yet, and is one at the end', () => {
  const { blocks, rest } = cutAll(splitter('^\\d+$'), Buffer.from('1\na\n2'), 'more');
  assert.deepEqual([blocks, rest.toString()], [[], '1\na\n2'], 'it may become 2b');
  const ends = cutAll(splitter('^\\d+$'), Buffer.from('1\na\n2'), 'end').blocks;
  assert.deepEqual(
    ends.map(({ ends: kind, bytes }) => [kind, bytes.toString()]),
    [
      ['record', '1\na\n'],
      ['unfinished', '2'],
    ],
  );
  const [whole] = cutAll(splitter(), Buffer.from('1\n a'), 'end').blocks;
  assert.deepEqual([whole?.ends, whole?.bytes.toString()], ['unfinished-record', '1\n a']);
});

test('the pattern sees a line without colours and without a carriage return, and characters instead of bytes', () => {
  assert.deepEqual(records('E x\r\n  at a\r\n\u001b[31mE\u001b[0m x\r\nE x\r\n', '^E x$'), [
    'E x\r\n  at a\r',
    '\u001b[31mE\u001b[0m x\r',
    'E x\r',
  ]);
  assert.deepEqual(records('ü\n.a\nü\nüü\n', '^.$'), ['ü\n.a', 'ü\nüü']);
});

test('when nothing has come for a while the whole lines go out, and a begun one waits', () => {
  const records = splitter();
  const text = Buffer.from('Error\n  at a\n  at');
  assert.deepEqual(cutAll(records, text, 'more').blocks, []);
  assert.equal(records.dueAtMs, Infinity);
  records.hold(text, 1000);
  assert.equal(records.dueAtMs, 1000 + TIMEOUT_MS);
  const { blocks, rest } = cutAll(records, text, 'timed-out');
  assert.deepEqual(
    blocks.map(({ ends, bytes }) => [ends, bytes.toString()]),
    [['record', 'Error\n  at a\n']],
  );
  assert.equal(rest.toString(), '  at');
  records.hold(rest, 2000);
  assert.equal(records.dueAtMs, Infinity, 'for the rest of a line there is no time');
});

test('a record beyond 64 KiB is cut between lines, a line beyond that as without records', () => {
  const line = ` ${'x'.repeat(99)}\n`;
  const long = feed(splitter(), [Buffer.from(`Error\n${line.repeat(2000)}ready\n`)]);
  assert.ok(long.length > 3);
  assert.ok(
    long.every(({ bytes, ends }) =>
      ends === 'record' ? bytes.length > 60_000 || bytes.includes(line) : true,
    ),
  );
  assert.equal(
    Buffer.concat(long.map(({ bytes }) => bytes)).toString(),
    `Error\n${line.repeat(2000)}ready\n`,
  );
  assert.equal(recordsOf(long).at(-1), 'ready');
  const pieces = feed(splitter(), [Buffer.from(`Error\n at a\n ${'y'.repeat(150_000)}\n at b\n`)]);
  assert.deepEqual(
    pieces.map(({ ends }) => ends),
    ['record', 'continues', 'continues', 'record'],
  );
});

const text = fc
  .array(
    fc.constantFrom(
      'a',
      'bc\n',
      '\n',
      ' ',
      ' d\n',
      '\tü\n',
      'E€\n',
      '\u001b[1mx\n',
      '\r\n',
      '\u0000\n',
      'long '.repeat(3000),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => Buffer.from(parts.join('')));

test('no byte is lost or added, and the pieces that it comes in change nothing', () => {
  fc.assert(
    fc.property(text, fc.array(fc.nat(), { maxLength: 8 }), (written, cuts) => {
      const positions = [
        0,
        ...cuts.map((cut) => cut % (written.length + 1)).sort((a, b) => a - b),
        written.length,
      ];
      const chunks = positions.slice(1).map((end, index) => written.subarray(positions[index], end));
      const inPieces = feed(splitter(), chunks);
      assert.deepEqual(Buffer.concat(inPieces.map(({ bytes }) => bytes)), written);
      const begins = written.length < MAX_LINE_BYTES;
      if (begins) assert.deepEqual(recordsOf(inPieces), recordsOf(feed(splitter(), [written])));
    }),
  );
});

test('records are as a reader of whole lines would make them', () => {
  fc.assert(
    fc.property(
      text.filter((bytes) => bytes.length < MAX_LINE_BYTES),
      (written) => {
        const lines = written.toString().replace(/\n$/, '').split('\n');
        const expected: string[] = [];
        for (const [index, line] of lines.entries()) {
          const shown = line.replaceAll('\u001b[1m', '').replace(/\r$/, '');
          if (index === 0 || /^\S/.test(shown)) expected.push(line);
          else expected.push(`${expected.pop() ?? ''}\n${line}`);
        }
        assert.deepEqual(recordsOf(feed(splitter(), [written])), written.length === 0 ? [] : expected);
      },
    ),
  );
});

test('a pattern that is none is refused', () => {
  assert.throws(() => splitter('('), SyntaxError);
});

test('a line on which the pattern takes for ever is a record of its own, and from then on each on which it might', () => {
  let givenUp = 0;
  // Of one it is known that it may take for ever on any line, of the other on long ones.
  for (const pattern of ['^(?:a|b|ab)+:', '^.*?.*?.*?.*?.*?!']) {
    const guard = PatternGuard.of(pattern, () => (givenUp += 1));
    const records = new RecordSplitter({ firstLine: pattern, timeoutMs: TIMEOUT_MS }, guard);
    const endless = 'ab'.repeat(2000);
    const text = `b: 1!\n  2\n${endless}\n  3\nb: 2!\n`;
    const { blocks } = cutAll(records, Buffer.from(text), 'end');
    assert.equal(Buffer.concat(blocks.map(({ bytes }) => bytes)).toString(), text);
    const [own] = blocks.filter(({ bytes }) => bytes.includes(endless));
    assert.ok(own?.ends !== 'record' || own.bytes.toString().startsWith(endless), 'it begins one');
    assert.equal(cutAll(records, Buffer.from(text), 'end').blocks.length > 0, true);
  }
  assert.equal(givenUp, 2);
});
