// The watchdog of one run, WatchdogSec= of systemd.service(5): once it counts, the service must say that it is alive at least once
// in each period. It tells of the first miss and then is done; what follows is not its business.
import type { ArmedTimer, Clock } from './clock.ts';

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'counting'; readonly deadlineMs: number; readonly timer: ArmedTimer }
  | { readonly kind: 'done' };

/** `deadlineMs`: monotonic; Infinity where there is none for now. */
export type KeptWatchdog = {
  readonly periodMs: number;
  readonly state:
    { readonly kind: 'idle' | 'done' } | { readonly kind: 'counting'; readonly deadlineMs: number };
};

export class Watchdog implements Disposable {
  readonly #clock: Pick<Clock, 'nowMs' | 'at'>;
  readonly #lookForSigns: () => void;
  readonly #missed: (periodMs: number) => void;
  #periodMs: number;
  #state: State = { kind: 'idle' };

  /** `lookForSigns`: a last look for one that has come and was not read yet, because we were late ourselves. */
  constructor(
    clock: Pick<Clock, 'nowMs' | 'at'>,
    periodMs: number,
    lookForSigns: () => void,
    missed: (periodMs: number) => void,
  ) {
    this.#clock = clock;
    this.#periodMs = periodMs;
    this.#lookForSigns = lookForSigns;
    this.#missed = missed;
  }

  get kept(): KeptWatchdog {
    const { kind } = this.#state;
    const state = kind === 'counting' ? { kind, deadlineMs: this.#state.deadlineMs } : { kind };
    return { periodMs: this.#periodMs, state };
  }

  /** As it was in another process image; a sign that has come since is looked for before the deadline counts. */
  resume({ periodMs, state }: KeptWatchdog): void {
    this.#periodMs = periodMs;
    if (state.kind === 'counting') this.#arm(state.deadlineMs);
    else this.#state = { kind: state.kind };
  }

  /** The first period begins. */
  start(): void {
    if (this.#state.kind === 'idle') this.#expectWithin(this.#periodMs);
  }

  /** Before the start it means nothing: there is nothing yet to be alive for. */
  alive(): void {
    // The timer is left as it is: it finds the later deadline when it is due.
    if (this.#state.kind === 'counting') this.#postpone(this.#clock.nowMs() + this.#periodMs);
  }

  /** EXTEND_TIMEOUT_USEC: never earlier than it was. */
  extend(byMs: number): void {
    if (this.#state.kind !== 'counting') return;
    this.#postpone(Math.max(this.#state.deadlineMs, this.#clock.nowMs() + byMs));
  }

  /** Another period from now on; 0 ends the watch until there is one again. */
  changePeriod(periodMs: number): void {
    this.#periodMs = periodMs;
    if (this.#state.kind !== 'counting') return;
    this.#state.timer.cancel();
    this.#expectWithin(periodMs);
  }

  [Symbol.dispose](): void {
    if (this.#state.kind === 'counting') this.#state.timer.cancel();
    this.#state = { kind: 'done' };
  }

  #postpone(deadlineMs: number): void {
    if (this.#state.kind === 'counting') this.#state = { ...this.#state, deadlineMs };
  }

  #expectWithin(ms: number): void {
    this.#arm(ms === 0 ? Infinity : this.#clock.nowMs() + ms);
  }

  #arm(deadlineMs: number): void {
    const timer = deadlineMs === Infinity ? NEVER : this.#clock.at(deadlineMs, this.#due);
    this.#state = { kind: 'counting', deadlineMs, timer };
  }

  readonly #due = (): void => {
    if (this.#isOver()) this.#lookForSigns();
    if (this.#state.kind !== 'counting') return;
    if (this.#isOver()) {
      this.#state = { kind: 'done' };
      this.#missed(this.#periodMs);
    } else {
      this.#arm(this.#state.deadlineMs);
    }
  };

  #isOver(): boolean {
    return this.#state.kind === 'counting' && this.#clock.nowMs() >= this.#state.deadlineMs;
  }
}

const NEVER: ArmedTimer = {
  cancel: () => {
    // Nothing was armed.
  },
};
