// A timer for a moment of the wall clock, also when that clock is set meanwhile: timerfd_create(2) with TFD_TIMER_CANCEL_ON_SET,
// which wakes nobody until then. Where there is none to be had, the clock is looked at every minute.
import type { Errno, ReadableWatch, SystemCalls } from './system-calls.ts';

type TimerCalls = Pick<SystemCalls, 'wallTimer' | 'setWallTimer' | 'readTimer' | 'whenReadable' | 'close'>;

/** Told when the clock has to be looked at instead, each time. */
export type TimerTrouble = (call: string, errno: Errno) => void;

type Waiting = {
  readonly kind: 'waiting';
  readonly fd: number;
  readonly watch: ReadableWatch;
};
type State =
  Waiting | { readonly kind: 'looking'; readonly timeout: NodeJS.Timeout } | { readonly kind: 'over' };

const LONGEST_LOOK_MS = 60_000;

export class WallTimer {
  readonly #calls: TimerCalls;
  readonly #atMs: number;
  readonly #due: () => void;
  readonly #trouble: TimerTrouble;
  #state: State;

  /** Calls back once, never before that moment and never at once. */
  constructor(calls: TimerCalls, atMs: number, due: () => void, trouble: TimerTrouble = () => undefined) {
    this.#calls = calls;
    this.#atMs = atMs;
    this.#due = due;
    this.#trouble = trouble;
    this.#state = this.#wait() ?? this.#lookLater();
  }

  cancel(): void {
    const state = this.#state;
    this.#state = { kind: 'over' };
    if (state.kind === 'looking') clearTimeout(state.timeout);
    if (state.kind === 'waiting') this.#release(state);
  }

  #wait(): Waiting | undefined {
    const made = this.#calls.wallTimer();
    if (!made.ok) {
      this.#trouble('timerfd_create(2)', made.errno);
      return undefined;
    }
    const fd = made.value;
    const watch = this.#set(fd) ? this.#watch(fd) : undefined;
    if (watch !== undefined) return { kind: 'waiting', fd, watch };
    this.#calls.close(fd);
    return undefined;
  }

  #watch(fd: number): ReadableWatch | undefined {
    const watched = this.#calls.whenReadable(fd, () => {
      this.#read();
    });
    if (watched.ok) return watched.value;
    this.#trouble('uv_poll_init', watched.errno);
    return undefined;
  }

  /** ECANCELED: the clock was set just before; it is armed all the same, timerfd_settime(2). */
  #set(fd: number): boolean {
    const set = this.#calls.setWallTimer(fd, this.#atMs);
    if (set.ok || set.errno === 'ECANCELED') return true;
    this.#trouble('timerfd_settime(2)', set.errno);
    return false;
  }

  /** Due, or the clock was set (ECANCELED): which of the two, only the clock knows. */
  #read(): void {
    const state = this.#state;
    if (state.kind !== 'waiting') return;
    const read = this.#calls.readTimer(state.fd);
    if (!read.ok && (read.errno === 'EAGAIN' || read.errno === 'EINTR')) return;
    const usable = read.ok || read.errno === 'ECANCELED';
    if (!usable) this.#trouble('read(2) of a timer', read.errno);
    if (this.#isDue()) {
      this.#finish();
      return;
    }
    if (usable && this.#set(state.fd)) return;
    this.#release(state);
    this.#state = this.#lookLater();
  }

  #lookLater(): State {
    const delayMs = Math.min(Math.max(0, Math.ceil(this.#atMs - Date.now())), LONGEST_LOOK_MS);
    const timeout = setTimeout(() => {
      if (this.#isDue()) this.#finish();
      else this.#state = this.#lookLater();
    }, delayMs);
    return { kind: 'looking', timeout };
  }

  #isDue(): boolean {
    return Date.now() >= this.#atMs;
  }

  #finish(): void {
    this.cancel();
    this.#due();
  }

  #release({ fd, watch }: Waiting): void {
    watch[Symbol.dispose]();
    this.#calls.close(fd);
  }
}
