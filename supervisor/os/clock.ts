// CLOCK_MONOTONIC, and timers that are armed for a moment on it. Wall time is for people only; see clock_gettime(2).

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
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export const clock: Clock = { nowMs, wallMs: () => Date.now(), at, atWall };

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

/** The wall clock can be set: it is looked at again at least so often. */
const LONGEST_WALL_WAIT_MS = 60_000;

function atWall(atMs: number, callback: () => void): ArmedTimer {
  let timeout = setTimeout(check, wallDelay());
  function wallDelay(): number {
    return Math.min(Math.max(0, Math.ceil(atMs - Date.now())), LONGEST_WALL_WAIT_MS);
  }
  function check(): void {
    if (Date.now() >= atMs) callback();
    else timeout = setTimeout(check, wallDelay());
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
