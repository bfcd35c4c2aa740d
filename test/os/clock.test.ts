// The clock: never early, exact enough, and longer than setTimeout's 32 bits.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { clock } from '../../supervisor/os/clock.ts';
import { within } from './../support/deadline.ts';

test('a timer is never early, and one that is due comes at once', async () => {
  for (const delayMs of [-5, 0, 0.3, 1.7, 12.2]) {
    const atMs = clock.nowMs() + delayMs;
    await within(
      'the timer',
      new Promise<void>((resolve) => {
        clock.at(atMs, resolve);
      }),
    );
    assert.ok(clock.nowMs() >= atMs);
  }
});

test('a delay beyond 2^31-1 ms is not due at once', () => {
  const given = mock.method(globalThis, 'setTimeout', () => ({ unref: () => undefined }));
  try {
    clock.at(clock.nowMs() + 2 ** 33, () => undefined);
    assert.equal(given.mock.calls[0]?.arguments[1], 2 ** 31 - 1);
  } finally {
    given.mock.restore();
  }
});
