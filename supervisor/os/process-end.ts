// The end of one process that is not ours, seen by its pidfd: when, and how as far as somebody can tell. Owns the watch and the timer, not
// the descriptor.
import type { ExitStatus } from '../core/exit-status.ts';
import { waitStatusOf, type ProcessIdentity } from './procfs.ts';
import type { CallResult, ReadableWatch, SystemCalls } from './system-calls.ts';
import { decodeWaitStatus } from './wait-status.ts';

/** The kernel tells how it ended as soon as its parent has waited for it, which may be never: so long is that waited for, in all 70 ms. */
const LOOKS_MS = [10, 20, 40] as const;

type Calls = Pick<SystemCalls, 'whenReadable' | 'exitOfProcess'>;
type HeldProcess = { readonly descriptor: number; readonly identity: ProcessIdentity };

export class ProcessEnd {
  readonly #calls: Calls;
  readonly #process: HeldProcess;
  readonly #ended: (exit: ExitStatus) => void;
  #watch: ReadableWatch | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(calls: Calls, process: HeldProcess, ended: (exit: ExitStatus) => void) {
    this.#calls = calls;
    this.#process = process;
    this.#ended = ended;
  }

  start(): CallResult<void> {
    const watch = this.#calls.whenReadable(this.#process.descriptor, () => {
      // It stays readable for ever.
      this.#watch?.[Symbol.dispose]();
      this.#watch = undefined;
      this.#ask(0);
    });
    if (!watch.ok) return watch;
    this.#watch = watch.value;
    return { ok: true, value: undefined };
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    clearTimeout(this.#timer);
  }

  #ask(look: number): void {
    const { descriptor, identity } = this.#process;
    const told = this.#calls.exitOfProcess(descriptor);
    const exit = (told.ok ? told.value : undefined) ?? statusOfDead(identity);
    const nextMs = told.ok ? LOOKS_MS[look] : undefined;
    // A kernel that does not know the question will not know it later.
    if (exit !== undefined || nextMs === undefined) {
      this.#ended(exit ?? { kind: 'unknown' });
      return;
    }
    this.#timer = setTimeout(() => {
      this.#ask(look + 1);
    }, nextMs);
  }
}

function statusOfDead(identity: ProcessIdentity): ExitStatus | undefined {
  const status = waitStatusOf(identity);
  return status === undefined ? undefined : decodeWaitStatus(status);
}
