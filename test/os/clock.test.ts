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

test('60 days are waited for in pieces that setTimeout can take, and called back once, at their end', () => {
  const DAYS_MS = 60 * 86_400_000;
  let nowMs = 5000;
  const hrtime = mock.method(process, 'hrtime', () => [Math.floor(nowMs / 1000), (nowMs % 1000) * 1e6]);
  const given = mock.method(globalThis, 'setTimeout', () => ({}));
  let calls = 0;
  try {
    clock.at(nowMs + DAYS_MS, () => calls++);
    let waitedMs = 0;
    while (calls === 0) {
      const [due, delayMs] = given.mock.calls.at(-1)?.arguments as unknown as [() => void, number];
      assert.ok(delayMs > 0 && delayMs <= 2 ** 31 - 1, `${delayMs} ms`);
      waitedMs += delayMs;
      nowMs += delayMs;
      due();
    }
    assert.equal(waitedMs, DAYS_MS);
    assert.equal(given.mock.callCount(), 3);
  } finally {
    given.mock.restore();
    hrtime.mock.restore();
  }
});
