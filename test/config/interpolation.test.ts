// ${VAR} in values: the table of Compose's documentation, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate } from '../../supervisor/config/interpolation.ts';

const variables: Readonly<Record<string, string>> = {
  SET: 'value',
  EMPTY: '',
  OTHER: 'other',
  LONG: 'x'.repeat(1000),
};
const lookup = (name: string): string | undefined => variables[name];

function expand(text: string): string {
  const result = interpolate(text, lookup);
  return result.kind === 'ok' ? result.text : `error: ${result.message}`;
}

const table: [string, string][] = [
  ['plain', 'plain'],
  ['${SET}', 'value'],
  ['a${SET}b$SET-c', 'avaluebvalue-c'],
  ['${UNSET}', ''],
  ['${SET:-d}', 'value'],
  ['${EMPTY:-d}', 'd'],
  ['${UNSET:-d}', 'd'],
  ['${SET-d}', 'value'],
  ['${EMPTY-d}', ''],
  ['${UNSET-d}', 'd'],
  ['${SET:+a}', 'a'],
  ['${EMPTY:+a}', ''],
  ['${UNSET:+a}', ''],
  ['${SET+a}', 'a'],
  ['${EMPTY+a}', 'a'],
  ['${UNSET+a}', ''],
  ['${SET:?m}', 'value'],
  ['${EMPTY?m}', ''],
  ['${UNSET:-${OTHER}}', 'other'],
  ['${UNSET:-${ALSO_UNSET:-${SET}}!}', 'value!'],
  ['${UNSET:-}', ''],
  ['${UNSET:-a b:c-d}', 'a b:c-d'],
  ['${UNSET:-{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
  ['$$SET $${SET} $$$$', '$SET ${SET} $$'],
  ['${UNSET:-$$}', '$'],
  ['}{', '}{'],
  // A default that is not needed may not fail.
  ['${SET:-${UNSET:?needed}}', 'value'],
];

for (const [text, expected] of table) {
  test(`${text} becomes ${JSON.stringify(expected)}`, () => {
    assert.equal(expand(text), expected);
  });
}

test('a needed variable that is missing gives its message', () => {
  assert.equal(expand('${UNSET:?set me}'), 'error: needs the variable UNSET, which is not set: set me');
  assert.equal(expand('${EMPTY:?set me}'), 'error: needs the variable EMPTY, which is not set: set me');
  assert.equal(expand('${UNSET?}'), 'error: needs the variable UNSET, which is not set');
});

test('what is no expression is refused, and told to write $$', () => {
  for (const text of [
    '$',
    'cost: 5$',
    '$1',
    '$(date)',
    '${',
    '${}',
    '${A',
    '${A:-b',
    '${A:b}',
    '${1}',
    '${A!}',
    '${UNSET:-${B}',
  ]) {
    const result = interpolate(text, lookup);
    assert.ok(result.kind === 'error', text);
    assert.match(result.remedy, /\$\$/);
  }
});

test('plain variables without a value are named, those with a default are not', () => {
  const result = interpolate('${UNSET} $NOPE ${UNSET:-x} ${EMPTY}', lookup);
  assert.ok(result.kind === 'ok');
  assert.deepEqual(result.unset, ['${UNSET}', '$NOPE']);
});

test('a text with a variable in it is told from one that was written', () => {
  for (const [text, origin] of [
    ['${SET}', 'expanded'],
    ['$SET', 'expanded'],
    ['80${SET}', 'expanded'],
    ['${UNSET:-1}', 'expanded'],
    ['80', 'written'],
    ['$$80', 'written'],
  ] as const) {
    const result = interpolate(text, lookup);
    assert.ok(result.kind === 'ok');
    assert.equal(result.origin, origin, text);
  }
});

test('depth and length are bounded', () => {
  assert.match(expand('${A:-'.repeat(100_000)), /^error/);
  const long = interpolate('${LONG}'.repeat(100), lookup, 10_000);
  assert.equal(long.kind, 'error');
});
