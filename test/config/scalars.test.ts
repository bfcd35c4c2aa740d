// Durations, sizes, signals, command lines, patterns, suggestions: the small parsers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { parse } from 'yaml';
import { parseDuration } from '../../supervisor/config/duration.ts';
import { flowYaml } from '../../supervisor/config/flow-yaml.ts';
import { parsePattern } from '../../supervisor/config/pattern.ts';
import { splitShellWords } from '../../supervisor/config/shell-words.ts';
import { parseSignal } from '../../supervisor/config/signal-name.ts';
import { parseSize } from '../../supervisor/config/size.ts';
import { editDistance, suggest } from '../../supervisor/core/suggestion.ts';

test('durations with units become milliseconds', () => {
  const cases: [unknown, number][] = [
    ['500ms', 500],
    ['5s', 5000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['1.5s', 1500],
    ['0', 0],
    [0, 0],
    ['0s', 0],
  ];
  for (const [text, expectedMs] of cases) {
    assert.deepEqual(parseDuration(text), { kind: 'ok', value: expectedMs }, String(text));
  }
});

test('durations without a unit, or of another form, are refused', () => {
  for (const text of [
    '10',
    10,
    1.5,
    '',
    's',
    '5 s',
    '-5s',
    '5x',
    '1s5',
    '1e3s',
    null,
    true,
    [],
    {},
    '9'.repeat(40) + 'h',
  ]) {
    assert.equal(parseDuration(text).kind, 'error', JSON.stringify(text));
  }
  const bare = parseDuration(10);
  assert.ok(bare.kind === 'error');
  assert.match(bare.remedy, /Write the unit: 10s/);
});

test('a hostile duration costs no time', () => {
  const before = performance.now();
  assert.equal(parseDuration('1'.repeat(1_000_000)).kind, 'error');
  assert.equal(parseDuration(`${'1s'.repeat(100_000)}!`).kind, 'error');
  assert.ok(performance.now() - before < 1000);
});

test('signals are known with and without SIG, in any case', () => {
  for (const name of ['SIGTERM', 'TERM', 'term', 'Sigterm']) {
    assert.deepEqual(parseSignal(name), { kind: 'ok', value: 'SIGTERM' });
  }
  assert.deepEqual(parseSignal('KILL'), { kind: 'ok', value: 'SIGKILL' });
});

test('unknown and real-time signals are refused with the list', () => {
  for (const name of ['SIGFOO', 'RTMIN+3', 'SIGRTMAX', '', 'constructor', 15, null]) {
    const parsed = parseSignal(name);
    assert.ok(parsed.kind === 'error', String(name));
    assert.match(parsed.remedy, /HUP, INT, QUIT/);
  }
  const typo = parseSignal('SIGTREM');
  assert.ok(typo.kind === 'error');
  assert.match(typo.remedy, /Did you mean "SIGTERM"/);
});

test('a command line is split by the quoting rules of the shell', () => {
  const cases: [string, string[]][] = [
    ['caddy run', ['caddy', 'run']],
    ['  a\tb\nc  ', ['a', 'b', 'c']],
    [`echo 'a b' "c d" e\\ f`, ['echo', 'a b', 'c d', 'e f']],
    [`a"b"'c'd`, ['abcd']],
    [`x '' ""`, ['x', '', '']],
    [`"a\\"b\\\\c\\d"`, ['a"b\\c\\d']],
    [`'a\\b'`, ['a\\b']],
    ['a\\\nb', ['ab']],
    [`"a\\\nb"`, ['ab']],
    [`'&&' "|" \\;`, ['&&', '|', ';']],
    ['a#b *.c ~ [x]', ['a#b', '*.c', '~', '[x]']],
    ['', []],
  ];
  for (const [line, words] of cases)
    assert.deepEqual(splitShellWords(line), { kind: 'ok', value: words }, line);
});

test('what only a shell can do is refused, with sh -c as the remedy', () => {
  for (const line of [
    'a && b',
    'a || b',
    'a | b',
    'a > f',
    'a < f',
    'a; b',
    'a &',
    '(a)',
    'a 2>&1',
    'a `b`',
    'a>f',
  ]) {
    const parsed = splitShellWords(line);
    assert.ok(parsed.kind === 'error', line);
    assert.match(parsed.remedy, /\[sh, -c, "/);
  }
});

test('an unclosed quote, a last backslash and a comment are refused', () => {
  for (const line of [`a 'b`, `a "b`, `a "b\\"`, 'a \\', 'a # b']) {
    assert.equal(splitShellWords(line).kind, 'error', line);
  }
});

test('suggestions are close ones only', () => {
  const keys = ['command', 'depends_on', 'restart', 'when'];
  assert.equal(suggest('comand', keys), 'command');
  assert.equal(suggest('restrat', keys), 'restart');
  assert.equal(suggest('dependsOn', keys), 'depends_on');
  assert.equal(suggest('image', keys), undefined);
  assert.equal(suggest('x'.repeat(1_000_000), keys), undefined);
  assert.equal(editDistance('ab', 'ba'), 1);
  assert.equal(editDistance('', 'abc'), 3);
});

test('sizes with units become bytes, all in powers of 1024', () => {
  const cases: [unknown, number][] = [
    ['512B', 512],
    ['10b', 10],
    ['1K', 1024],
    ['1k', 1024],
    ['1KB', 1024],
    ['1KiB', 1024],
    ['1Ki', 1024],
    ['10M', 10_485_760],
    ['10MB', 10_485_760],
    ['1.5G', 1_610_612_736],
    ['1T', 1_099_511_627_776],
    ['0', 0],
    [0, 0],
  ];
  for (const [text, expected] of cases)
    assert.deepEqual(parseSize(text), { kind: 'ok', value: expected }, String(text));
});

test('sizes without a unit, of another form or beyond what is exact are refused', () => {
  for (const text of ['10', 10, 1.5, '', 'K', '1 K', '-1K', '1X', '1Kb2', '1KK', null, true, [], '9000T'])
    assert.equal(parseSize(text).kind, 'error', String(text));
  const bare = parseSize(10);
  assert.ok(bare.kind === 'error');
  assert.deepEqual([bare.message, bare.remedy], ['"10" has no unit', 'Write the unit: 10B, 10K or 10M.']);
});

test('a pattern that is wrong is told with the place of the fault', () => {
  const cases: [string, string][] = [
    ['(a', 'unterminated group, at character 1: "(a"'],
    ['x(a(b)', 'unterminated group, at character 2: "(a(b)"'],
    ['foo[a-', 'unterminated character class, at character 4: "[a-"'],
    ['a)b', 'unmatched \')\', at character 2: ")b"'],
    ['(a**b)', 'nothing to repeat, at character 4: "*b)"'],
    ['ab\\q', 'invalid escape, at character 4: "q"'],
  ];
  for (const [pattern, place] of cases) {
    const parsed = parsePattern(pattern);
    assert.equal(parsed.kind === 'error' ? parsed.message : '', `is no regular expression: ${place}`);
  }
});

test('a pattern that would cost too much to judge is refused for its length', () => {
  assert.equal(parsePattern('('.repeat(1001)).kind, 'error');
  assert.equal(parsePattern('a'.repeat(1000)).kind, 'ok');
});

test('values are written as YAML that reads as the same values', () => {
  const words = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '@daily',
      '027',
      'true',
      'null',
      '-',
      '- a',
      'a: b',
      'a #b',
      '1e5',
      '.inf',
      '0x1f',
      "it's",
      '~',
    ),
  );
  const values = fc.oneof(words, fc.integer(), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(
      fc.oneof(
        values,
        fc.array(values),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), values, { noNullPrototype: true }),
      ),
      (value) => {
        const read: unknown = parse(`key: ${flowYaml(value)}`);
        assert.deepEqual(read, { key: value });
      },
    ),
  );
});
