// Who is there, looked up at most once in a turn of the event loop: in one turn a thousand runs may be stopped, or have ended.
// What happens during the turn is not in it; whoever must know the state of a process now asks for that one.
import type { Pid } from '../core/names.ts';
import { everyPid, ownChildren } from './procfs.ts';
import type { SystemCalls } from './system-calls.ts';

type Snapshot = {
  children?: readonly Pid[] | undefined;
  bySession?: ReadonlyMap<Pid, readonly Pid[]> | undefined;
};

export class ProcessSnapshot {
  readonly #calls: SystemCalls;
  #taken: Snapshot | undefined;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
  }

  /** Undefined where the kernel does not tell. */
  children(): readonly Pid[] | undefined {
    return (this.#now().children ??= ownChildren());
  }

  /** Every process by the leader of its session. Undefined where there is no /proc. */
  bySession(): ReadonlyMap<Pid, readonly Pid[]> | undefined {
    return (this.#now().bySession ??= this.#listSessions());
  }

  #now(): Snapshot {
    if (this.#taken === undefined) {
      this.#taken = {};
      queueMicrotask(() => {
        this.#taken = undefined;
      });
    }
    return this.#taken;
  }

  #listSessions(): ReadonlyMap<Pid, readonly Pid[]> | undefined {
    const pids = everyPid();
    return (
      pids &&
      Map.groupBy(pids, (pid) => {
        const session = this.#calls.sessionOf(pid);
        return session.ok ? session.value : pid;
      })
    );
  }
}
