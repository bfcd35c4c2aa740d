// The control group of one run: its limits are written before anybody is in it, its processes end together, and it tells of the OOM
// killer. The process joins it by itself (execution-chain.ts), so that none of its children can be left outside.
import { posix } from 'node:path';
import type { ExitStatus } from '../core/exit-status.ts';
import type { ControlFiles } from './control-files.ts';

/** The same group as plain data, for the next process image. */
export type KeptGroup = { readonly directory: string; readonly oomKillsBefore: number };

export class ControlGroup {
  readonly #files: ControlFiles;
  readonly #directory: string;
  readonly #oomKillsBefore: number;

  /** `oomKillsBefore`: of a group in which a run lives already. */
  constructor(files: ControlFiles, directory: string, oomKillsBefore?: number) {
    this.#files = files;
    this.#directory = directory;
    this.#oomKillsBefore = oomKillsBefore ?? this.#oomKills();
  }

  get kept(): KeptGroup {
    return { directory: this.#directory, oomKillsBefore: this.#oomKillsBefore };
  }

  /** Whoever writes 0 to this file joins. */
  get joinFile(): string {
    return posix.join(this.#directory, 'cgroup.procs');
  }

  /** SIGKILL to all in it, wherever they are in the process tree; from Linux 5.14 on, before that it does nothing. */
  kill(): void {
    this.#files.write(posix.join(this.#directory, 'cgroup.kill'), '1');
  }

  /** Whether the OOM killer has taken anybody of it since the run began. */
  wasHitByOom(): boolean {
    return this.#oomKills() > this.#oomKillsBefore;
  }

  /** While somebody is in it, it stays; the next run finds it then. */
  remove(): void {
    const removed = this.#files.removeDirectory(this.#directory);
    // The group above goes with its last one; it is made again when it is needed.
    if (removed.ok) this.#files.removeDirectory(posix.dirname(this.#directory));
  }

  #oomKills(): number {
    const events = this.#files.read(posix.join(this.#directory, 'memory.events'));
    return events.ok ? Number(/^oom_kill (\d+)$/m.exec(events.value)?.[1] ?? 0) : 0;
  }
}

/** SIGKILL that nobody here has sent, to a run of which the OOM killer has taken somebody, was the OOM killer's. `groups`: whose run it is in. */
export function withOomTold(
  exit: ExitStatus,
  ...groups: readonly ({ wasHitByOom(): boolean } | undefined)[]
): ExitStatus {
  if (exit.kind !== 'signal' || exit.signal !== 'SIGKILL') return exit;
  // All of them are asked: what one has told is not to be told again.
  const hits = groups.map((group) => group?.wasHitByOom() === true);
  return hits.includes(true) ? { ...exit, by: 'oom' } : exit;
}
