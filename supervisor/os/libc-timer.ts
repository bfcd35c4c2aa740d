// A timer on the wall clock that knows when that clock is set: timerfd_create(2). Numbers are those of 64-bit Linux. Resolved at
// the first use, since few fleets need it.
import { dlopen } from 'node:ffi';
import { done, failed } from './libc-errno.ts';
import type { SystemCalls } from './system-calls.ts';

const I32 = 'int32';
const BUF = 'buffer';

// <time.h>, <sys/timerfd.h>
const CLOCK_REALTIME = 0;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
const TFD_TIMER_CANCEL_ON_SET = 2;
/** struct itimerspec: the interval, which stays 0, and the first expiry, each as seconds and nanoseconds. */
const TIMER_BYTES = 32;
const EXPIRY_SECONDS = 16;
const EXPIRY_NANOSECONDS = 24;

type TimerCalls = Pick<SystemCalls, 'wallTimer' | 'setWallTimer' | 'readTimer'>;
type Functions = ReturnType<typeof resolve>;
let resolved: Functions | undefined;

function resolve() {
  return dlopen(null, {
    timerfd_create: { return: I32, arguments: [I32, I32] },
    timerfd_settime: { return: I32, arguments: [I32, I32, BUF, 'pointer'] },
    read: { return: 'int64', arguments: [I32, BUF, 'uint64'] },
  }).functions;
}

function c(): Functions {
  return (resolved ??= resolve());
}

export const timerCalls: TimerCalls = {
  wallTimer() {
    const fd = c().timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    return fd < 0 ? failed() : { ok: true, value: fd };
  },

  setWallTimer(fd, atMs) {
    // An expiry of 0 would disarm it.
    const due = Math.max(1, Math.ceil(atMs));
    const setting = Buffer.allocUnsafeSlow(TIMER_BYTES).fill(0);
    setting.writeBigInt64LE(BigInt(Math.floor(due / 1000)), EXPIRY_SECONDS);
    setting.writeBigInt64LE(BigInt(due % 1000) * 1_000_000n, EXPIRY_NANOSECONDS);
    return done(c().timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, setting, 0n));
  },

  readTimer(fd) {
    const expiries = Buffer.allocUnsafeSlow(8);
    return c().read(fd, expiries, 8n) < 0n ? failed() : { ok: true, value: expiries.readBigUInt64LE(0) };
  },
};
