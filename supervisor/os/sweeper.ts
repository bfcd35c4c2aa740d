// The last act of PID 1: signals to everything that still lives, and the moment at which nothing does.
// Only as PID 1: elsewhere kill(-1) would reach the whole machine.
import type { SystemCalls } from './system-calls.ts';
import { signalNumber } from './signal-names.ts';

const LOOK_MS = 10;
const EVERYTHING = -1;

export class Sweeper {
  readonly #calls: SystemCalls;
  readonly #swept: () => void;
  readonly #place: 'pid1' | 'below';
  #look: NodeJS.Timeout | undefined;

  constructor(calls: SystemCalls, place: 'pid1' | 'below', swept: () => void) {
    this.#calls = calls;
    this.#place = place;
    this.#swept = swept;
  }

  sweep(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#place === 'below') {
      this.#swept();
      return;
    }
    this.#calls.kill(EVERYTHING, signalNumber(signal));
    this.#calls.kill(EVERYTHING, signalNumber('SIGCONT'));
    this.#look ??= setInterval(() => {
      this.check();
    }, LOOK_MS);
    this.check();
  }

  /** Also called after each pass of the reaper: the last one gone is the moment to end. */
  check(): void {
    if (this.#look === undefined) return;
    // kill(2): -1 is every process but PID 1 itself, so ESRCH means that we are alone.
    const asked = this.#calls.kill(EVERYTHING, 0);
    if (asked.ok || asked.errno !== 'ESRCH') return;
    clearInterval(this.#look);
    this.#look = undefined;
    this.#swept();
  }
}
