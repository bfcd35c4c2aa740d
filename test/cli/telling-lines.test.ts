// Which lines `why` shows, and which ports they say are taken.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takenPorts, tellingLines } from '../../supervisor/cli/telling-lines.ts';

const TRACE = ['at a (x:1)', 'at b (x:2)', 'at c (x:3)', '', 'at d (x:4)', 'at e (x:5)'];

test('the newest five, without empty ones, when one of them says what is wrong', () => {
  assert.deepEqual(tellingLines(['1', '2', '3', '', '4', '5', 'fatal: 6']), ['2', '3', '4', '5', 'fatal: 6']);
});

test('the last message before them, when none of them does', () => {
  const lines = ['Error: old', 'Error: no key in /etc/app.conf', ...TRACE];
  assert.deepEqual(tellingLines(lines), [
    'Error: no key in /etc/app.conf',
    ...TRACE.slice(1).filter(Boolean),
  ]);
});

test('the newest when none of all says anything', () => {
  assert.deepEqual(tellingLines(TRACE), TRACE.filter(Boolean));
  assert.deepEqual(tellingLines([]), []);
});

for (const [line, ports] of [
  ['Error: listen EADDRINUSE: address already in use 127.0.0.1:18999', [18_999]],
  ['Error: listen EADDRINUSE: address already in use :::8080', [8080]],
  ['nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)', [80, 98]],
  ["[ERROR] Connection in use: ('127.0.0.1', 8000)", [8000]],
  ['Error: loading initial config: listen tcp :2019: bind: address already in use', [2019]],
  ['listening on port 8080', []],
  ['address already in use: 99999', []],
] as const)
  test(`ports in: ${line}`, () => {
    assert.deepEqual(takenPorts([line]), ports);
  });
