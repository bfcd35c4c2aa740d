import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDuration, parseDuration } from '../../supervisor/wire/duration.ts';
import { candidates } from '../../supervisor/wire/socket-path.ts';

test('the usual places, the best first', () => {
  assert.deepEqual(candidates({}, 7), [
    '/run/bosun/bosun.sock',
    '/tmp/bosun-7/bosun.sock',
    '/dev/shm/bosun-7/bosun.sock',
  ]);
  assert.deepEqual(candidates({ XDG_RUNTIME_DIR: '/run/user/7' }, 7), [
    '/run/bosun/bosun.sock',
    '/run/user/7/bosun/bosun.sock',
    '/tmp/bosun-7/bosun.sock',
    '/dev/shm/bosun-7/bosun.sock',
  ]);
});

test('BOSUN_SOCKET is the only place when it is set', () => {
  assert.deepEqual(candidates({ BOSUN_SOCKET: '/here', XDG_RUNTIME_DIR: '/run/user/7' }, 7), ['/here']);
});

test('empty and relative values are none', () => {
  const none = candidates({}, 0);
  assert.deepEqual(candidates({ BOSUN_SOCKET: '', XDG_RUNTIME_DIR: '' }, 0), none);
  assert.deepEqual(candidates({ XDG_RUNTIME_DIR: 'run' }, 0), none);
});

test('durations need their units', () => {
  const texts = [
    '10s',
    '500ms',
    '1m30s',
    '2h',
    '0',
    '10',
    '',
    's',
    '1s ',
    '-1s',
    '1.5s',
    '9'.repeat(99) + 's',
  ];
  assert.deepEqual(texts.map(parseDuration), [
    10_000,
    500,
    90_000,
    7_200_000,
    0,
    ...Array.from({ length: 7 }, () => undefined),
  ]);
});

test('a duration is shown in one unit', () => {
  const shown = [-1, 83.4, 4000, 119_000, 120_000, 7_200_000, 300_000_000].map(describeDuration);
  assert.deepEqual(shown, ['0 ms', '83 ms', '4 s', '119 s', '2 min', '2 h', '3 d']);
});
