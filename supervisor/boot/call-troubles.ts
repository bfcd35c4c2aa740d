// Tells of system calls that fail as none should, as an event that the log and bosunctl show: what failed, with which errno, and
// what follows from it. The same one at most once a minute, however often it fails. Changes nothing.
import type { PlaneEvent } from '../core/event.ts';
import type { CallResult, Errno, SystemCalls } from '../os/system-calls.ts';

const AGAIN_AFTER_MS = 60_000;

export class CallTroubles {
  readonly #note: (event: PlaneEvent) => void;
  readonly #nowMs: () => number;
  /** There are only so many calls and errnos. */
  readonly #toldAtMs = new Map<string, number>();

  constructor(note: (event: PlaneEvent) => void, nowMs: () => number) {
    this.#note = note;
    this.#nowMs = nowMs;
  }

  tell(call: string, errno: Errno, text: string): void {
    const what = `${call} ${errno}`;
    const nowMs = this.#nowMs();
    if (nowMs - (this.#toldAtMs.get(what) ?? -Infinity) < AGAIN_AFTER_MS) return;
    this.#toldAtMs.set(what, nowMs);
    this.#note({ type: 'call-failed', call, errno, text });
  }

  /** The result, after it was told if it is a failure. */
  check<T>(call: string, result: CallResult<T>, text: string): CallResult<T> {
    if (!result.ok) this.tell(call, result.errno, text);
    return result;
  }

  /** Nobody can do anything about a close(2) that fails, so nobody asks; the descriptor is gone all the same, close(2). */
  withCloseTold(calls: SystemCalls): SystemCalls {
    return {
      ...calls,
      close: (fd) => this.check('close(2)', calls.close(fd), 'Bosun goes on; please report it'),
    };
  }
}
