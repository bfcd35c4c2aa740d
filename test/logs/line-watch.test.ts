// What a pattern sees of a line, and how often it is tried.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchedLine } from '../../supervisor/core/plane-message.ts';
import { LineWatch } from '../../supervisor/logs/line-watch.ts';
import { PatternGuard } from '../../supervisor/logs/pattern-guard.ts';

type Seen = { readonly matches: readonly string[]; readonly unusable: readonly string[] };

function seeing(lines: readonly (string | Buffer)[], ...watched: readonly WatchedLine[]): Seen {
  const matches: string[] = [];
  const unusable: string[] = [];
  const watch = new LineWatch(watched, {
    onMatch: (purpose) => {
      matches.push(purpose);
      watch.drop(purpose);
    },
    guardOf: (pattern) => PatternGuard.of(pattern, () => unusable.push(pattern)),
    onUnusable: (pattern) => unusable.push(pattern),
  });
  for (const line of lines) watch.see(Buffer.from(line));
  return { matches, unusable };
}

const ready = (pattern: string): WatchedLine => ({ purpose: 'readiness', pattern });
const started = (pattern: string): WatchedLine => ({ purpose: 'startup', pattern });
const matches = (line: string | Buffer, pattern: string): boolean =>
  seeing([line], ready(pattern)).matches.length === 1;

test('anywhere in the line, upper and lower case as written, anchors at its ends', () => {
  assert.ok(matches('2026-01-01 server ready in 3 s', 'ready'));
  assert.ok(!matches('server Ready', 'ready'));
  assert.ok(matches('listening on :8080', '^listening on :\\d+$'));
  assert.ok(!matches('now listening on :8080', '^listening'));
});

test('colours and other escape sequences are not there, nor the carriage return at the end', () => {
  assert.ok(matches('\u001b[32mrea\u001b[1;31mdy\u001b[0m', '^ready$'));
  assert.ok(matches('\u001b]0;title\u0007\u001b[2Kready\u001b[m\r', '^ready$'));
  assert.ok(matches('\u001b]8;;http://a/\u001b\\ready\u001b]8;;\u001b\\', '^ready$'));
});

test('characters, not bytes; what is not UTF-8 spoils only itself', () => {
  assert.ok(matches('prêt à servir ☕', '^prêt . servir .$'));
  assert.ok(matches(Buffer.from([0xff, 0xfe, ...Buffer.from(' ready')]), ' ready$'));
  // Flag v alone knows the difference of two sets.
  assert.ok(matches('ä', '^[\\p{L}--[a-z]]$'));
  assert.ok(!matches('a', '^[\\p{L}--[a-z]]$'));
});

test('each pattern until it has matched, then not any more', () => {
  const lines = ['ready', 'ready', 'started', 'started', 'ready'];
  assert.deepEqual(seeing(lines, ready('ready'), started('started')).matches, ['readiness', 'startup']);
  assert.deepEqual(seeing(['both'], ready('both'), started('both')).matches, ['readiness', 'startup']);
  assert.deepEqual(seeing(lines).matches, []);
});

test('a pattern that cannot be used is told and costs the others nothing', () => {
  const seen = seeing(['ready'], started('(('), ready('ready'));
  assert.deepEqual(seen, { matches: ['readiness'], unusable: ['(('] });
});

test('a pattern that takes for ever is given up, once; other patterns, and other lines where it cannot, are tried', () => {
  // Twice as long for each further pair.
  const pattern = '^(?:a|b|ab)+$';
  const endless = `${'ab'.repeat(60)}x`;
  const beganMs = performance.now();
  const seen = seeing([`${endless}\n`, `${endless}\n`, 'started\n'], ready(pattern), started('started'));
  assert.deepEqual(seen, { matches: ['startup'], unusable: [pattern] });
  assert.ok(performance.now() - beganMs < 20_000);
  // As long as it has not been given up it is tried.
  assert.ok(matches('abba', pattern));
  const long = seeing(['x'.repeat(60_000), 'a 1 b 2 c'], ready('a.*b.*c.*d|a.*b.*c'));
  assert.deepEqual(long, { matches: ['readiness'], unusable: [] });
});
