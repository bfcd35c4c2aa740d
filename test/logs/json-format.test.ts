// JSON on standard output and in files: one object for each line, from which the line can be had again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LogBlock } from '../../supervisor/core/log-message.ts';
import { parseFileLine } from '../../supervisor/logs/format/file-line.ts';
import { createFileFormat } from '../../supervisor/logs/format/formats.ts';
import { AT_MS, anyLine, anyLines, block, linesOf } from './support/blocks.ts';

const OURS = { service: 'caddy', stream: 'stdout', time: AT_MS, pid: 42 };
const format = createFileFormat('json');

/** What is shown of each line. */
function show(given: LogBlock): string[] {
  return linesOf(format(given)).map(String);
}

function parse(text: string | undefined): Record<string, unknown> {
  return JSON.parse(text ?? '') as Record<string, unknown>;
}

test("json has pino's field names, in one order", () => {
  assert.deepEqual(show(block('hello "you"\t\nand \\n\n', { stream: 'stderr' })), [
    `{"level":30,"time":${AT_MS},"pid":42,"service":"caddy","stream":"stderr","msg":"hello \\"you\\"\\t"}`,
    `{"level":30,"time":${AT_MS},"pid":42,"service":"caddy","stream":"stderr","msg":"and \\\\n"}`,
  ]);
});

for (const text of [
  '{"level":"info","size":12345678901234567890,"a":1.10}',
  '{"a": "b", "c": [1, 2.50e+1, {"d": null}], "e": {"bosun": true}}',
  '{"a":"ü€\\u00fc\\ud800","\\u540d":[[],{},[{"x":[]}]],"n":-0}',
  '{ "a" : 1 }',
  `{"deep":${'['.repeat(50)}${']'.repeat(50)}}`,
  '{"a":1,"a":2}',
]) {
  test(`${text} stays as it is, to the last digit`, () => {
    const [shown = ''] = show(block(`${text}\n`));
    assert.equal(shown, `${text.slice(0, -1)},"bosun":${JSON.stringify(OURS)}}`);
    assert.deepEqual(parse(shown)['bosun'], OURS);
  });
}

test('an empty object gets no stray comma', () => {
  assert.deepEqual(show(block('{}\n{ }\n')), [
    `{"bosun":${JSON.stringify(OURS)}}`,
    `{ "bosun":${JSON.stringify(OURS)}}`,
  ]);
});

test('what stands behind an object stays there: a line that ends as on Windows', () => {
  const [shown = ''] = show(block('{"a":1}\r\n'));
  assert.equal(shown, `{"a":1,"bosun":${JSON.stringify(OURS)}}\r`);
});

for (const text of [
  ...[
    '{not json}',
    '{"a":1} and more',
    '[1,2]',
    '{"bosun":{"mine":true}}',
    '{"a":1',
    '',
    'null',
    '"{}"',
    ' {"a":1}',
  ],
  ...[
    '{"b\\u006fsun":1}',
    '{"a":1,}',
    '{,}',
    '{"a":[1,]}',
    '{"a":01}',
    '{"a":+1}',
    '{"a":.5}',
    '{"a":1.}',
    '{"a":NaN}',
  ],
  ...[
    "{'a':1}",
    '{"a":"\t"}',
    '{"a":"\\x41"}',
    '{"a":"\\u00g0"}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{a:1}',
    '{"a":1}}',
    '{"}',
  ],
  ...[
    '{"a":1}{"b":2}',
    '{"a":}',
    '{"a":tru}',
    '{"a":[1}',
    '{"a":"',
    '{"a":1}\u00a0',
    '{"a":{"b":1,}}',
    '{"a":[,1]}',
  ],
]) {
  test(`${JSON.stringify(text)} is text, not an object to add to`, () => {
    assert.equal(parse(show(block(`${text}\n`))[0])['msg'], text);
  });
}

const CHANGES = ' ,:{}[]"\\019.eE-+tn\u0001\u00e9';

test('what is an object and what is text is as JSON.parse has it, whatever the line', () => {
  const nearlyJson = fc
    .tuple(
      fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 5 })),
      fc.constantFrom(undefined, 1),
      fc.option(
        fc.tuple(
          fc.nat(),
          fc.nat({ max: CHANGES.length - 1 }).map((index) => CHANGES.charAt(index)),
        ),
      ),
    )
    .map(([object, indent, change]) => {
      const text = JSON.stringify(object, null, indent).replaceAll('\n', '');
      if (change === null) return text;
      const at = change[0] % (text.length + 1);
      return text.slice(0, at) + change[1] + text.slice(at + (change[0] % 2));
    });
  fc.assert(
    fc.property(nearlyJson, (text) => {
      const shown = parse(show(block(`${text}\n`))[0]);
      assert.equal('msg' in shown && 'level' in shown && !('bosun' in shown), !isForeignObject(text), text);
    }),
    { numRuns: 2000 },
  );
});

/** An object that begins the line and has no key `bosun`. */
function isForeignObject(text: string): boolean {
  try {
    return text.startsWith('{') && !Object.hasOwn(parse(text), 'bosun');
  } catch {
    return false;
  }
}

test('a block full of broken objects is text to the end, and objects of the usual kind among them are still merged', () => {
  const lines = Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? '{"}' : '{"a":1}'));
  const shown = show(block(`${lines.join('\n')}\n`)).map(parse);
  assert.ok(shown.every((line, index) => (index % 2 === 0 ? line['msg'] === '{"}' : 'bosun' in line)));
});

test('64 KiB that look like an object for long are told in no time', () => {
  const heads = ['{"a":[', '{', '{"a":"', '{"a":[{"b":[', '{"a":', '{'];
  const parts = ['[', '"a":1,', '\\u0041', '1,', '1', ' '];
  const beganAt = performance.now();
  for (const [index, head] of heads.entries()) {
    const part = parts[index] ?? '';
    const line = head + part.repeat(65_000 / part.length);
    for (const text of [line, `${line}}`, `${line}"}`, `${line}]}`]) {
      const [shown] = linesOf(format(block(`${text}\n`)));
      assert.equal(Buffer.from(parseFileLine('json', shown ?? Buffer.of()).line).toString(), text);
    }
  }
  // Milliseconds, unless the time grows with the square of the length.
  assert.ok(performance.now() - beganAt < 5000);
});

test('bytes that are not UTF-8 survive beside their readable form, and change no other line', () => {
  const bytes = Buffer.from('ü"\na\xff\xfeb\n{"a":1}\nlast\n', 'latin1');
  const [first, second, third, last] = show(block(bytes)).map(parse);
  assert.deepEqual(Buffer.from(String(first?.['base64']), 'base64'), Buffer.from('ü"', 'latin1'));
  assert.deepEqual(Buffer.from(String(second?.['base64']), 'base64'), Buffer.from('a\xff\xfeb', 'latin1'));
  assert.equal(second?.['msg'], 'a\ufffd\ufffdb');
  assert.deepEqual(third, { a: 1, bosun: OURS });
  assert.equal(last?.['msg'], 'last');
  assert.ok(!('base64' in last));
});

test('a record is one message', () => {
  const shown = show(block('ERROR "no"\n\tat a\n{"a":1}\n', { ends: 'record' }));
  assert.equal(shown.length, 1);
  assert.deepEqual(
    { level: parse(shown[0])['level'], msg: parse(shown[0])['msg'] },
    { level: 50, msg: 'ERROR "no"\n\tat a\n{"a":1}' },
  );
});

test('a piece of an object is text', () => {
  const [shown] = show(block('{"a":1}', { ends: 'continues' })).map(parse);
  assert.deepEqual([shown?.['msg'], shown?.['continues']], ['{"a":1}', true]);
});

test('every line is one JSON object, and the line can be had again, whatever its neighbours are', () => {
  fc.assert(
    fc.property(anyLines, (lines) => {
      const shown = linesOf(format(block(Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')])))));
      assert.equal(shown.length, lines.length);
      for (const [index, bytes] of shown.entries()) {
        assert.equal(
          typeof parse(bytes.toString())['level'] === 'number' || 'bosun' in parse(bytes.toString()),
          true,
        );
        const { timeMs, stream, line, continues } = parseFileLine('json', bytes);
        assert.deepEqual([timeMs, stream, continues], [AT_MS, 'stdout', false]);
        assert.deepEqual(Buffer.from(line), lines[index]);
      }
    }),
    { numRuns: 1000 },
  );
});

test('lines of the same kind come out the same alone and among others', () => {
  fc.assert(
    fc.property(anyLine, anyLines, (line, others) => {
      const newline = Buffer.from('\n');
      const [alone] = show(block(Buffer.concat([line, newline])));
      const among = show(block(Buffer.concat([...others, line].flatMap((each) => [each, newline]))));
      assert.equal(among.at(-1), alone);
    }),
  );
});
