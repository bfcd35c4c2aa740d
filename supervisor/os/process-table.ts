// Whose a pid is: the leader of a run, a tool that libuv waits for, or nobody's (an orphan that came to us).
// A pid is entered in the same turn in which it was spawned, so that no exit can come before it is known.
import type { Pid, RunId } from '../core/names.ts';
import { lookAgain, type ProcessIdentity } from './procfs.ts';

export type RunEntry = { readonly run: RunId; readonly pid: Pid };
export type Owner =
  | { readonly kind: 'run'; readonly entry: RunEntry }
  | { readonly kind: 'tool' }
  | { readonly kind: 'nobody' };

type Followed = { readonly entry: RunEntry; readonly identity: ProcessIdentity };

export class ProcessTable {
  readonly #leaders = new Map<Pid, RunEntry>();
  /** Somebody else's children until they come to us: one may end unseen and leave its number to another process. */
  readonly #followed = new Map<Pid, Followed>();
  readonly #tools = new Set<Pid>();

  addLeader(entry: RunEntry): void {
    this.#followed.delete(entry.pid);
    this.#leaders.set(entry.pid, entry);
  }

  /** A process that we have not spawned leads a run from now on. */
  addFollowed(entry: RunEntry, identity: ProcessIdentity): void {
    this.#followed.set(entry.pid, { entry, identity });
  }

  removeFollowed(pid: Pid): void {
    this.#followed.delete(pid);
  }

  /** Once the leader has been waited for: its pid means nothing any more. */
  removeLeader(pid: Pid): void {
    this.#leaders.delete(pid);
    this.#followed.delete(pid);
  }

  addTool(pid: Pid): void {
    this.#followed.delete(pid);
    this.#tools.add(pid);
  }

  removeTool(pid: Pid): void {
    this.#tools.delete(pid);
  }

  /** Those that libuv waits for. */
  get tools(): ReadonlySet<Pid> {
    return this.#tools;
  }

  ownerOf(pid: Pid): Owner {
    const entry = this.#leaders.get(pid) ?? this.#followedBy(pid);
    if (entry !== undefined) return { kind: 'run', entry };
    return this.#tools.has(pid) ? { kind: 'tool' } : { kind: 'nobody' };
  }

  *leaders(): Iterable<RunEntry> {
    yield* this.#leaders.values();
    for (const pid of this.#followed.keys()) {
      const entry = this.#followedBy(pid);
      if (entry !== undefined) yield entry;
    }
  }

  #followedBy(pid: Pid): RunEntry | undefined {
    const followed = this.#followed.get(pid);
    return followed !== undefined && lookAgain(followed.identity) !== undefined ? followed.entry : undefined;
  }
}
