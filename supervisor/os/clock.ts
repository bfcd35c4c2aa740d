// CLOCK_MONOTONIC, and timers that are armed for a moment on it. Wall time is for people only; see clock_gettime(2).
import { libc } from './libc.ts';
import type { SystemCalls } from './system-calls.ts';
import { WallTimer, type TimerTrouble } from './wall-timer.ts';

export type ArmedTimer = { cancel(): void };

export type Clock = {
  /** Milliseconds on CLOCK_MONOTONIC, which a re-exec does not reset. */
  nowMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** Calls back once, never before `atMs`; a moment that has passed is due at once. */
  at(atMs: number, callback: () => void): ArmedTimer;
  /** The same for a moment of the wall clock, also when that clock is set meanwhile. */
  atWall(atMs: number, callback: () => void): ArmedTimer;
};

/** setTimeout takes 32 bits: a longer delay would fire after 1 ms. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export function createClock(calls: SystemCalls, trouble?: TimerTrouble): Clock {
  return {
    nowMs,
    wallMs: () => Date.now(),
    at,
    atWall: (atMs, callback) => new WallTimer(calls, atMs, callback, trouble),
  };
}

export const clock = createClock(libc);

function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

function at(atMs: number, callback: () => void): ArmedTimer {
  let timeout = setTimeout(check, delayUntil(atMs));
  function check(): void {
    // Node's timers count whole milliseconds and may be up to one early.
    if (nowMs() >= atMs) callback();
    else timeout = setTimeout(check, delayUntil(atMs));
  }
  return {
    cancel: () => {
      clearTimeout(timeout);
    },
  };
}

function delayUntil(atMs: number): number {
  return Math.min(Math.max(0, Math.ceil(atMs - nowMs())), LONGEST_TIMEOUT_MS);
}
