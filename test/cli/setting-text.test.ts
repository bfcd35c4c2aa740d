// How settings are written and read by people: what is shown can be typed again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseSetting, writeSetting } from '../../supervisor/wire/setting-text.ts';

const READ: readonly (readonly [string, string | number | boolean | null])[] = [
  ['50', 50],
  ['-1.5e3', -1500],
  ['true', true],
  ['null', null],
  ['"50"', '50'],
  ['', ''],
  ['on', 'on'],
  ['[1]', '[1]'],
  ['{"a":1}', '{"a":1}'],
  [' 5', ' 5'],
  ['1e400', '1e400'],
  ['9007199254740993', '9007199254740993'],
  ['007', '007'],
];

for (const [text, value] of READ)
  test(`${JSON.stringify(text)} is ${JSON.stringify(value)}`, () => {
    assert.equal(parseSetting(text), value);
  });

test('whatever is shown is on one line of harmless characters, and means the same when it is typed', () => {
  const scalar = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => Math.abs(value) < 2 ** 53),
  );
  fc.assert(
    fc.property(scalar, (value) => {
      const text = writeSetting(value);
      assert.ok(!/\p{C}/u.test(text), text);
      assert.equal(parseSetting(text), Object.is(value, -0) ? 0 : value);
    }),
  );
});

test('what a terminal would act upon is not shown as it is', () => {
  assert.equal(writeSetting('a\u001b[2J\u202eb'), '"a\\u001b[2J\\u202eb"');
  assert.equal(writeSetting('true'), '"true"');
});
