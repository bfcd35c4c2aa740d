// Durations, signals, command lines, suggestions: the small parsers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../supervisor/config/duration.ts';
import { splitShellWords } from '../../supervisor/config/shell-words.ts';
import { parseSignal } from '../../supervisor/config/signal-name.ts';
import { editDistance, suggest } from '../../supervisor/config/suggestion.ts';

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
