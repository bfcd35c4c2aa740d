import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { examinePattern } from '../../supervisor/core/pattern-cost.ts';
import { createRedactor } from '../../supervisor/logs/redaction/redactor.ts';

function redact(text: string | Buffer, patterns: readonly string[], secrets: readonly string[] = []): string {
  return Buffer.from(createRedactor({ secrets, patterns })(Buffer.from(text)).bytes).toString();
}

test('what a pattern matches is masked, every time; what stands around it is not', () => {
  const card = String.raw`\b\d{4}(?:-\d{4}){3}\b`;
  assert.equal(
    redact('a 1234-5678-9012-3456 b 1111-2222-3333-4444\n12-34\n', [card]),
    'a *** b ***\n12-34\n',
  );
});

test('a pattern may look at what it does not mask', () => {
  assert.equal(redact('password=hunter2 ok\n', [String.raw`(?<=password=)\S+`]), 'password=*** ok\n');
});

test('each line is seen by itself: none is joined with the next', () => {
  assert.equal(redact('key: \nvalue\n', ['key:[^x]*']), '***\nvalue\n');
  assert.equal(redact('one\ntwo\nthree\n', ['^t.*$']), 'one\n***\n***\n');
  assert.equal(redact('key: 1\r\nkey: 2\r\n', ['key:.*$']), '***\r\n***\r\n');
  assert.equal(redact('50%\rtwo\n', ['^t.*$']), '50%\rtwo\n');
  assert.equal(redact('last line, key: 1', ['key:.*$']), 'last line, ***');
});

test('a match of nothing changes nothing', () => {
  assert.equal(redact('abc\n', ['x*']), 'abc\n');
  assert.equal(redact('axxb\n', ['x*']), 'a***b\n');
});

test('matches of patterns and secrets that overlap are one mask', () => {
  assert.equal(redact('id=abcdef-99 x\n', ['id=abc', String.raw`-\d+`], ['abcdef']), '*** x\n');
});

const EURO = '\u20ac';
const around: readonly Buffer[] = [
  Buffer.from('plain '),
  Buffer.from(`price 5 ${EURO}, \u{1f600} `),
  Buffer.from([0xff, 0xfe, 0x20]),
  Buffer.from([0xe2, 0x82, 0x20, 0xc3, 0x28, 0xf0, 0x9f, 0x98]),
  Buffer.concat([Buffer.from(EURO), Buffer.from([0x80, 0xed, 0xa0, 0x80]), Buffer.from(EURO)]),
  Buffer.from([0x00, 0x1b, 0x5b, 0x33, 0x31, 0x6d]),
];

for (const [index, before] of around.entries()) {
  test(`all other bytes survive, case ${index}`, () => {
    for (const after of around) {
      const line = Buffer.concat([before, Buffer.from('pin=1234'), after, Buffer.from('pin=5678\n'), before]);
      const expected = Buffer.concat([before, Buffer.from('***'), after, Buffer.from('***\n'), before]);
      assert.deepEqual(
        Buffer.from(createRedactor({ secrets: [], patterns: [String.raw`pin=\d+`] })(line).bytes),
        expected,
      );
    }
  });
}

test('characters are those of UTF-8, not bytes', () => {
  assert.equal(redact(`a${EURO}b \u{1f600}\n`, ['a.b', String.raw`\p{Emoji_Presentation}`]), '*** ***\n');
});

test('property: random bytes with random matches come out as they were, but for the matches', () => {
  const part = fc.oneof(
    fc
      .uint8Array({ maxLength: 8 })
      .map((bytes) => ({ bytes: Buffer.from(bytes).filter((b) => b !== 0x23), isHit: false })),
    fc
      .string({ unit: 'binary', maxLength: 5 })
      .map((text) => ({ bytes: Buffer.from(text.replaceAll('#', '')), isHit: false })),
    fc.nat({ max: 999 }).map((id) => ({ bytes: Buffer.from(`#<${id}>`), isHit: true })),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      // A letter between them, so that none touches the other.
      const join = (masked: boolean): Buffer =>
        Buffer.concat(
          parts.flatMap(({ bytes, isHit }) => [
            isHit && masked ? Buffer.from('***') : bytes,
            Buffer.from('|'),
          ]),
        );
      const mask = createRedactor({ secrets: [], patterns: [String.raw`#<\d+>`] });
      assert.deepEqual(Buffer.from(mask(join(false)).bytes), join(true));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern that cannot be used, or must not be, is told; the others are used', () => {
  const told: string[] = [];
  const mask = createRedactor({
    secrets: [],
    patterns: ['(', '(a+)+b', 'c+'],
    onUnusable: (pattern) => told.push(pattern),
  });
  assert.equal(Buffer.from(mask(Buffer.from('aab ccc\n')).bytes).toString(), 'aab ***\n');
  assert.deepEqual(told, ['(', '(a+)+b']);
});

test('a pattern that takes too long is ended; the line is masked as a whole, and so are those on which it might again', () => {
  const givenUp: string[] = [];
  const pattern = '(?:x|x)*y';
  const mask = createRedactor({ secrets: [], patterns: [pattern], onGivenUp: (it) => givenUp.push(it) });
  const evil = `y ${'x'.repeat(60)}z`;
  const began = performance.now();
  assert.equal(
    Buffer.from(mask(Buffer.from(`before\n${evil}\nafter\n`)).bytes).toString(),
    'before\n***\nafter\n',
  );
  for (let time = 0; time < 100; time += 1) mask(Buffer.from(`${evil}\n${evil}\n`));
  assert.ok(performance.now() - began < 20_000, 'ended once, and not tried again');
  assert.deepEqual(givenUp, [pattern]);
});

test('a long line costs no more time than is allowed', () => {
  const mask = createRedactor({ secrets: [], patterns: [String.raw`\w+@\w+`] });
  const began = performance.now();
  const { bytes } = mask(Buffer.from(`${'a'.repeat(65_000)} @\nme@home\n`));
  assert.equal(Buffer.from(bytes).toString().endsWith('\n***\n'), true);
  assert.ok(performance.now() - began < 20_000);
});

const RUNAWAY = [
  '(a+)+',
  '(?:a*)*',
  String.raw`(?:\w+\s?)+x`,
  '((?:a+))+',
  '(?:a+|bc)+',
  '(?:[^"]*){2,}',
  String.raw`(?:(?:\d+,)*\d+)+`,
];
for (const pattern of RUNAWAY)
  test(`${pattern} takes twice as long for each further character`, () => {
    assert.equal(examinePattern(pattern).kind, 'runaway');
  });

const POWERS: readonly (readonly [pattern: string, power: number])[] = [
  ['abc', 1],
  [String.raw`\b\d{4}(?:-\d{4}){3}\b`, 1],
  [String.raw`(?:\d{1,3}\.){3}\d{1,3}`, 1],
  [String.raw`\S+`, 2],
  ['a{2,}b', 2],
  ['.*a.*b', 3],
  ['a+|b+c+', 3],
  ['(?=.*b)a+', 3],
  [String.raw`(?:\w+\.)+`, Infinity],
  ['(?:a|b)*', Infinity],
  ['(a?){40}', Infinity],
  [String.raw`(x)\1+`, Infinity],
];
for (const [pattern, power] of POWERS)
  test(`the time of ${pattern} grows with the power ${power}`, () => {
    const cost = examinePattern(pattern);
    assert.equal(cost.kind === 'bounded' ? cost.power : cost.kind, power);
  });

const REQUIRED: readonly (readonly [pattern: string, required: string])[] = [
  [String.raw`[\w.]+@[\w.]+`, '@'],
  [String.raw`(?<=password=)\S+`, 'password='],
  ['(?!password)key', 'key'],
  ['foo?bar', 'bar'],
  ['fo{0,1}xyz', 'xyz'],
  ['ab+c', 'ab'],
  ['one|two', ''],
  ['(?:one|two)=x', '=x'],
  ['(?:token)?=x', '=x'],
  ['(?:token){2}=x', 'token'],
  ['(?i:password)=x', '=x'],
  ['[a[bc]]=x', '=x'],
  [String.raw`[\]]xy\.z\/`, 'xy.z/'],
  [String.raw`\x41\u0041\u{41}\cAab\p{L}\k<n>(?<n>c)`, 'ab'],
  [String.raw`\bword\d`, 'word'],
  ['ab\u20accd\u20ac', 'ab'],
];
for (const [pattern, required] of REQUIRED)
  test(`${pattern} cannot match without ${JSON.stringify(required)}`, () => {
    new RegExp(pattern, 'v');
    const cost = examinePattern(pattern);
    assert.equal(cost.kind === 'bounded' ? cost.required : cost.kind, required);
  });
