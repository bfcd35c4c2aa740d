// What the lines of log files say, read back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogFileFormat } from '../../supervisor/core/log-spec.ts';
import { parseFileLine } from '../../supervisor/logs/format/file-line.ts';
import { createFileFormat } from '../../supervisor/logs/format/formats.ts';
import { AT_MS, anyLine, anyLines, block, endedBlock, linesOf } from './support/blocks.ts';

const STREAM = fc.constantFrom('stdout' as const, 'stderr' as const);

test('lines of a timed file, with their time and stream', () => {
  fc.assert(
    fc.property(anyLines, STREAM, (lines, stream) => {
      const written = linesOf(createFileFormat('timed')(endedBlock(lines, 'line', stream)));
      const read = written.map((line) => parseFileLine('timed', line));
      assert.deepEqual(
        read.map((each) => ({ ...each, line: Buffer.from(each.line) })),
        lines.map((line) => ({ timeMs: AT_MS, stream, line, continues: false })),
      );
    }),
  );
});

test('the lines of a record in a timed file belong to the one before', () => {
  fc.assert(
    fc.property(anyLines, STREAM, (lines, stream) => {
      const written = linesOf(createFileFormat('timed')(endedBlock(lines, 'record', stream)));
      const read = written.map((line) => parseFileLine('timed', line));
      assert.deepEqual(
        read.map(({ line }) => Buffer.from(line)),
        lines,
      );
      assert.deepEqual([read[0]?.timeMs, read[0]?.stream], [AT_MS, stream]);
      assert.ok(read.slice(1).every((each) => each.timeMs === undefined && each.stream === undefined));
    }),
  );
});

test('a record of a json file is one line with newlines within', () => {
  fc.assert(
    fc.property(anyLines, STREAM, (lines, stream) => {
      const [written, ...more] = linesOf(createFileFormat('json')(endedBlock(lines, 'record', stream)));
      assert.ok(written !== undefined && more.length === 0);
      const read = parseFileLine('json', written);
      assert.deepEqual(
        { ...read, line: Buffer.from(read.line) },
        {
          timeMs: AT_MS,
          stream,
          line: Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [Buffer.from('\n'), line]))),
          continues: false,
        },
      );
    }),
  );
});

for (const format of ['timed', 'json', 'raw'] as const)
  test(`a piece of a long line in a ${format} file says that it goes on`, () => {
    for (const tail of ['', '\u00ff', '\u0000"', '}}']) {
      const piece = Buffer.from(`${'x'.repeat(65_500)}${tail}`);
      const [written] = linesOf(
        createFileFormat(format)(block(piece, { ends: 'continues', stream: 'stderr' })),
      );
      const read = parseFileLine(format, written ?? Buffer.of());
      assert.equal(read.continues, true);
      assert.deepEqual(Buffer.from(read.line), piece);
      assert.equal(read.stream, format === 'raw' ? undefined : 'stderr');
    }
  });

test('a short line that talks of pieces is none', () => {
  const line = Buffer.from('the mark is [bosun: longer than 64 KiB, goes on in the next line]');
  assert.deepEqual(parseFileLine('raw', line), {
    timeMs: undefined,
    stream: undefined,
    line,
    continues: false,
  });
});

for (const [format, text] of [
  ['timed', 'ready'],
  ['timed', ''],
  ['timed', '2026-11-21T14:20:30.123Z stdin x'],
  ['timed', '2026-11-21T14:20:30.123Z stdout'],
  ['timed', '2026-13-41T14:20:30.123Z stdout x'],
  ['timed', 'x2026-11-21T14:20:30.123Z stdout x'],
  ['json', 'ready'],
  ['json', ''],
  ['json', '[1]'],
  ['json', 'null'],
  ['json', '{"msg":1}'],
  ['json', '{"a":1,"bosun":{"service":"a"}}'],
] as const satisfies readonly (readonly [LogFileFormat, string])[])
  test(`${JSON.stringify(text)} in a ${format} file is taken as it is`, () => {
    const read = parseFileLine(format, Buffer.from(text));
    assert.deepEqual(
      [read.timeMs, read.stream, Buffer.from(read.line).toString()],
      [undefined, undefined, text],
    );
  });

test('nothing that may stand in a file makes the reader throw', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('timed' as const, 'json' as const, 'raw' as const),
      anyLine,
      (format, line) => {
        assert.ok(parseFileLine(format, line).line.length <= 3 * line.length);
      },
    ),
  );
});
