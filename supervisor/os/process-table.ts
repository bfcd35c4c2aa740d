// Whose a pid is: the leader of a run, a tool that libuv waits for, or nobody's (an orphan that came to us).
// A pid is entered in the same turn in which it was spawned, so that no exit can come before it is known.
import type { Pid, RunId, ServiceName } from '../core/names.ts';

export type RunEntry = { readonly service: ServiceName; readonly run: RunId; readonly pid: Pid };
export type Owner =
  | { readonly kind: 'run'; readonly entry: RunEntry }
  | { readonly kind: 'tool' }
  | { readonly kind: 'nobody' };

export class ProcessTable {
  readonly #leaders = new Map<Pid, RunEntry>();
  readonly #tools = new Set<Pid>();

  addLeader(entry: RunEntry): void {
    this.#leaders.set(entry.pid, entry);
  }

  /** Once the leader has been waited for: its pid means nothing any more. */
  removeLeader(pid: Pid): void {
    this.#leaders.delete(pid);
  }

  addTool(pid: Pid): void {
    this.#tools.add(pid);
  }

  removeTool(pid: Pid): void {
    this.#tools.delete(pid);
  }

  ownerOf(pid: Pid): Owner {
    const entry = this.#leaders.get(pid);
    if (entry !== undefined) return { kind: 'run', entry };
    return this.#tools.has(pid) ? { kind: 'tool' } : { kind: 'nobody' };
  }

  leaders(): Iterable<RunEntry> {
    return this.#leaders.values();
  }
}
