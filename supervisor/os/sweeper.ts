// The last act of PID 1: signals to everything that still lives, and the moment at which nothing does.
// Only as PID 1: elsewhere kill(-1) would reach the whole machine.
import type { Stray } from '../core/stray.ts';
import { everyPid, statOf } from './procfs.ts';
import { signalNumber } from './signal-names.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

export type SweepObserver = {
  /** Whoever has outlived the services, before anything is sent to them. Only the first of them are named. */
  found(survivors: readonly Stray[], count: number): void;
  /** The kernel does not let a signal to all of them through. */
  refused(signal: 'SIGTERM' | 'SIGKILL', errno: Errno): void;
  swept(): void;
};

const LOOK_MS = 10;
const EVERYTHING = -1;

export class Sweeper {
  readonly #calls: SystemCalls;
  readonly #observer: SweepObserver;
  readonly #place: 'pid1' | 'below';
  #look: NodeJS.Timeout | undefined;

  constructor(calls: SystemCalls, place: 'pid1' | 'below', observer: SweepObserver) {
    this.#calls = calls;
    this.#place = place;
    this.#observer = observer;
  }

  sweep(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#place === 'below') {
      this.#observer.swept();
      return;
    }
    if (this.#look === undefined) this.#tellSurvivors();
    const sent = this.#calls.kill(EVERYTHING, signalNumber(signal));
    if (!sent.ok && sent.errno !== 'ESRCH') this.#observer.refused(signal, sent.errno);
    this.#calls.kill(EVERYTHING, signalNumber('SIGCONT'));
    this.#look ??= setInterval(() => {
      this.check();
    }, LOOK_MS);
    this.check();
  }

  #tellSurvivors(): void {
    const survivors = others();
    if (survivors.length > 0) this.#observer.found(survivors.slice(0, MOST_NAMES), survivors.length);
  }

  /** Also called after each pass of the reaper: the last one gone is the moment to end. */
  check(): void {
    if (this.#look === undefined) return;
    // kill(2): -1 is every process but PID 1 itself, so ESRCH means that we are alone.
    const asked = this.#calls.kill(EVERYTHING, 0);
    if (asked.ok || asked.errno !== 'ESRCH') return;
    clearInterval(this.#look);
    this.#look = undefined;
    this.#observer.swept();
  }
}

const MOST_NAMES = 32;

/** Those that have ended and are only not waited for yet are no survivors. */
function others(): readonly Stray[] {
  const stats = (everyPid() ?? []).filter((pid) => pid !== process.pid).map(statOf);
  return stats.flatMap((stat) => (stat?.state === 'alive' ? [{ pid: stat.pid, name: stat.name }] : []));
}
