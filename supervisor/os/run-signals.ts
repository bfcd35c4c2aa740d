// Sends the signals of runs by kill(2), and tells when the kernel refuses one: once for each signal and errno of a run. That somebody
// is gone already is no refusal. Does not know who belongs to a run.
import type { RunId } from '../core/names.ts';
import type { SignalName } from '../core/service-spec.ts';
import type { RunOwner } from './run-owner.ts';
import { signalNumber } from './signal-names.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

export type SignalRefused = (owner: RunOwner, run: RunId, signal: SignalName, errno: Errno) => void;
type Addressed = { readonly owner: RunOwner; readonly run: RunId };

export class RunSignals {
  readonly #calls: Pick<SystemCalls, 'kill'>;
  readonly #refused: SignalRefused;
  readonly #told = new Map<RunId, Set<string>>();

  constructor(calls: Pick<SystemCalls, 'kill'>, refused: SignalRefused) {
    this.#calls = calls;
    this.#refused = refused;
  }

  /** `target` as kill(2) takes it. Whether anybody got it. */
  send(run: Addressed, target: number, signal: SignalName): 'reached' | 'missed' {
    const sent = this.#calls.kill(target, signalNumber(signal));
    if (sent.ok) return 'reached';
    if (sent.errno !== 'ESRCH') this.#tell(run, signal, sent.errno);
    return 'missed';
  }

  /** SIGCONT follows: a stopped process would never see SIGTERM, and on old kernels not even SIGKILL. */
  sendAndContinue(run: Addressed, target: number, signal: SignalName): 'reached' | 'missed' {
    const reach = this.send(run, target, signal);
    // Whoever refuses it has refused the other one, and that was told.
    this.#calls.kill(target, signalNumber('SIGCONT'));
    return reach;
  }

  forget(run: RunId): void {
    this.#told.delete(run);
  }

  #tell({ owner, run }: Addressed, signal: SignalName, errno: Errno): void {
    const told = this.#told.get(run) ?? new Set();
    this.#told.set(run, told);
    const what = `${signal} ${errno}`;
    if (told.has(what)) return;
    told.add(what);
    this.#refused(owner, run, signal, errno);
  }
}
