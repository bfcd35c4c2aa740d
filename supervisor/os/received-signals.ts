// The signals that Bosun takes. As PID 1 it has no default actions (pid_namespaces(7)), so a signal without a listener is
// lost; and SIGUSR1 would open Node's inspector. Listeners are therefore the first thing that main installs.
import { constants } from 'node:os';
import type { SignalName } from '../core/service-spec.ts';

export type ReceivedSignal = { readonly signal: SignalName; readonly number: number };

/** Not these: KILL and STOP cannot be caught; CHLD is the reaper's; PROF is V8's; IOT and POLL are second names. */
const NOT_TAKEN = new Set<string>(['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGPROF', 'SIGIOT', 'SIGPOLL']);
/**
 * A real fault, not one that was sent, returns to the instruction that failed, again and again: with a listener Bosun
 * would spin instead of dying. They are taken only in drop-in mode, where a user may send anything to the command.
 */
const FAULTS = new Set<string>(['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS']);

/** Keeps what comes before somebody listens: a TERM may come while modules are being loaded. */
export class ReceivedSignals {
  #waiting: ReceivedSignal[] = [];
  #listener: ((received: ReceivedSignal) => void) | undefined;

  constructor() {
    this.#take((name) => !FAULTS.has(name));
  }

  takeFaultsToo(): void {
    this.#take((name) => FAULTS.has(name));
  }

  /** What came so far and nobody has had yet. */
  get waiting(): readonly ReceivedSignal[] {
    return this.#waiting;
  }

  listen(listener: (received: ReceivedSignal) => void): void {
    this.#listener = listener;
    for (const received of this.#waiting) listener(received);
    this.#waiting = [];
  }

  #take(wanted: (name: string) => boolean): void {
    for (const [name, number] of Object.entries(constants.signals)) {
      if (NOT_TAKEN.has(name) || !wanted(name)) continue;
      process.on(name as NodeJS.Signals, () => {
        this.#receive({ signal: name as SignalName, number });
      });
    }
  }

  #receive(received: ReceivedSignal): void {
    if (this.#listener !== undefined) this.#listener(received);
    else this.#waiting.push(received);
  }
}
