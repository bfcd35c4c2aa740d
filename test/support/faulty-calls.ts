// A port whose calls fail on request: chosen ones, with a chosen errno, and otherwise as the real ones do. It counts what was called
// and what was made to fail, so that a test can say that its fault was met. For SystemCalls, and any port of the same kind.
import type { CallResult, Errno } from '../../supervisor/os/system-calls.ts';

/** The calls of a port that can say that they have failed. */
export type FailingCall<Port> = {
  [Call in keyof Port]: Port[Call] extends (...args: never[]) => CallResult<unknown> ? Call : never;
}[keyof Port] &
  string;

export type Fault<Call extends string = string> = {
  readonly call: Call;
  readonly errno: Errno;
  /** So many go well before; 0 when it is not said. */
  readonly after?: number;
  /** So many fail; all until `clear` when it is not said. */
  readonly times?: number;
  /** Only calls with these arguments; null stands for any. */
  readonly args?: readonly unknown[];
  /** `done`: the work is done all the same, as close(2) does, and only the answer is a failure. */
  readonly work?: 'done' | 'not-done';
};

export type CallCounts = { readonly called: number; readonly failed: number };

type Armed = { readonly fault: Fault; after: number; times: number };
type AnyCall = (...args: readonly unknown[]) => unknown;

export class FaultyCalls<Port extends object> {
  readonly calls: Port;
  #armed: readonly Armed[] = [];
  readonly #counts = new Map<string, { called: number; failed: number }>();

  constructor(real: Port) {
    const wrapped = Object.entries(real).map(([name, call]) => [name, this.#wrap(name, call as AnyCall)]);
    this.calls = Object.fromEntries(wrapped) as Port;
  }

  fail(fault: Fault<FailingCall<Port>>): void {
    const { after = 0, times = Infinity } = fault;
    this.#armed = [...this.#armed, { fault, after, times }];
  }

  /** Everything goes well again, and the counts begin anew. */
  clear(): void {
    this.#armed = [];
    this.#counts.clear();
  }

  counts(call: string): CallCounts {
    return this.#counts.get(call) ?? { called: 0, failed: 0 };
  }

  #wrap(name: string, call: AnyCall): AnyCall {
    return (...args) => {
      const fault = this.#count(name, args);
      if (fault === undefined) return call(...args);
      if (fault.work === 'done') call(...args);
      return { ok: false, errno: fault.errno };
    };
  }

  #count(name: string, args: readonly unknown[]): Fault | undefined {
    const counts = { ...this.counts(name) };
    this.#counts.set(name, counts);
    counts.called++;
    const fault = this.#armed.find((armed) => isDue(armed, name, args))?.fault;
    if (fault !== undefined) counts.failed++;
    return fault;
  }
}

function isDue(armed: Armed, name: string, args: readonly unknown[]): boolean {
  const { fault } = armed;
  if (fault.call !== name || armed.times === 0) return false;
  if (fault.args?.some((wanted, index) => wanted !== null && wanted !== args[index]) === true) return false;
  if (armed.after-- > 0) return false;
  armed.times--;
  return true;
}
