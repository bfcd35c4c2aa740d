// Timers on the wall clock: the ordinary expiry for real, the clock being set through the port (the machine's own is left alone),
// and every system call failing.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { mock, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { clock } from '../../supervisor/os/clock.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { WallTimer } from '../../supervisor/os/wall-timer.ts';
import { until, within } from '../support/deadline.ts';

const LATER_MS = 3_600_000;

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

test('due at its moment, never early, also when that has passed, and not at once', async () => {
  const before = openDescriptors();
  for (const delayMs of [-LATER_MS, -1, 0, 0.4, 20, 1001 - (Date.now() % 1000)]) {
    const atMs = Date.now() + delayMs;
    let inConstructor = true;
    await within(
      `a timer in ${delayMs} ms`,
      new Promise<void>((resolve) => {
        clock.atWall(atMs, () => {
          assert.ok(!inConstructor);
          resolve();
        });
        inConstructor = false;
      }),
    );
    assert.ok(Date.now() >= atMs);
  }
  assert.equal(openDescriptors(), before);
});

test('while it waits there is no timer of Node’s: nothing wakes up until it is due or the clock is set', () => {
  const given = mock.method(globalThis, 'setTimeout', () => ({}));
  try {
    const timer = clock.atWall(Date.now() + LATER_MS, () => undefined);
    assert.equal(given.mock.callCount(), 0);
    timer.cancel();
  } finally {
    given.mock.restore();
  }
});

test('cancelled it is silent, and nothing stays open', async () => {
  const before = openDescriptors();
  let calls = 0;
  const timers = Array.from({ length: 50 }, () => clock.atWall(Date.now(), () => calls++));
  for (const timer of timers) timer.cancel();
  for (const timer of timers) timer.cancel();
  for (let n = 0; n < 20; n++) await turn();
  assert.equal(calls, 0);
  assert.equal(openDescriptors(), before);
});

/** The kernel's timer is in the port's hands, so that it can say that the clock was set; so is the clock. */
class SetClock implements Disposable {
  readonly settings: number[] = [];
  readonly #now = mock.method(Date, 'now', () => this.now);
  now = Date.UTC(2030, 0, 1);
  answer: ReturnType<SystemCalls['readTimer']> = { ok: false, errno: 'EAGAIN' };
  #readable: (() => void) | undefined;

  readonly calls: SystemCalls = {
    ...libc,
    setWallTimer: (_fd, atMs) => {
      this.settings.push(atMs);
      return { ok: true, value: undefined };
    },
    readTimer: () => this.answer,
    whenReadable: (fd, readable) => {
      this.#readable = readable;
      return libc.whenReadable(fd, readable);
    },
  };

  /** The kernel tells the timer. */
  tell(answer: ReturnType<SystemCalls['readTimer']>): void {
    this.answer = answer;
    this.#readable?.();
  }

  [Symbol.dispose](): void {
    this.#now.mock.restore();
  }
}

const CANCELED = { ok: false, errno: 'ECANCELED' } as const;

test('the clock is set forward beyond its moment: due at once', () => {
  using set = new SetClock();
  let calls = 0;
  new WallTimer(set.calls, set.now + LATER_MS, () => calls++);
  set.now += 2 * LATER_MS;
  set.tell(CANCELED);
  set.tell(CANCELED);
  assert.equal(calls, 1);
});

test('the clock is set otherwise: armed again for the same moment, as often as that happens', () => {
  using set = new SetClock();
  let calls = 0;
  const atMs = set.now + LATER_MS;
  const timer = new WallTimer(set.calls, atMs, () => calls++);
  for (const step of [LATER_MS / 2, -10 * LATER_MS, 5 * LATER_MS]) {
    set.now += step;
    set.tell(CANCELED);
  }
  assert.equal(calls, 0);
  assert.deepEqual(set.settings, [atMs, atMs, atMs, atMs]);
  timer.cancel();
});

test('woken for nothing: it waits on', () => {
  using set = new SetClock();
  let calls = 0;
  const timer = new WallTimer(set.calls, set.now + LATER_MS, () => calls++);
  for (const errno of ['EAGAIN', 'EINTR']) set.tell({ ok: false, errno });
  assert.equal(set.settings.length, 1);
  // Due by the kernel's clock and not by ours.
  set.tell({ ok: true, value: 1n });
  assert.equal(set.settings.length, 2);
  assert.equal(calls, 0);
  timer.cancel();
});

test('the clock was set just before it was armed: that is no failure', () => {
  const given = mock.method(globalThis, 'setTimeout', () => ({}));
  try {
    const calls = { ...libc, setWallTimer: () => CANCELED };
    const timer = new WallTimer(calls, Date.now() + LATER_MS, () => undefined);
    assert.equal(given.mock.callCount(), 0);
    timer.cancel();
  } finally {
    given.mock.restore();
  }
});

const FAILING: readonly (readonly [string, Partial<SystemCalls>])[] = [
  ['timerfd_create', { wallTimer: () => ({ ok: false, errno: 'ENOSYS' }) }],
  ['timerfd_settime', { setWallTimer: () => ({ ok: false, errno: 'EINVAL' }) }],
  ['uv_poll', { whenReadable: () => ({ ok: false, errno: 'ENOMEM' }) }],
];
for (const [what, broken] of FAILING)
  test(`without ${what} the clock is looked at every minute, and it is due all the same`, async () => {
    const before = openDescriptors();
    const given = mock.method(globalThis, 'setTimeout');
    try {
      new WallTimer({ ...libc, ...broken }, Date.now() + LATER_MS, () => undefined).cancel();
      assert.equal(given.mock.calls[0]?.arguments[1], 60_000);
    } finally {
      given.mock.restore();
    }
    const atMs = Date.now() + 15;
    await within(
      'the timer',
      new Promise<void>((resolve) => {
        new WallTimer({ ...libc, ...broken }, atMs, resolve);
      }),
    );
    assert.ok(Date.now() >= atMs);
    assert.equal(openDescriptors(), before);
  });

test('a read that fails for another reason: looked at from then on', async () => {
  const calls = { ...libc, readTimer: () => ({ ok: false, errno: 'EIO' }) as const };
  let due = 0;
  const atMs = Date.now() + 1;
  // It is readable before its moment as it sees it: the clock that it asks goes an hour back meanwhile.
  const timer = new WallTimer(calls, atMs, () => due++);
  const now = mock.method(Date, 'now', () => atMs - LATER_MS);
  const given = mock.method(globalThis, 'setTimeout');
  try {
    await until('the look', () => given.mock.calls.some((call) => call.arguments[1] === 60_000));
    assert.equal(due, 0);
    timer.cancel();
  } finally {
    given.mock.restore();
    now.mock.restore();
  }
});
