// Who belongs to a run: the process group that its leader began, and every process of its sessions (job control in a shell makes
// further groups). And who has left: descendants in a session of their own, which no signal to the run reaches.
import type { Pid, RunId } from '../core/names.ts';
import type { Stray } from '../core/stray.ts';
import type { ProcessTable } from './process-table.ts';
import { ProcessSnapshot } from './process-snapshot.ts';
import { familyOf, lookAgain, statOf, type ProcessIdentity, type ProcessStat } from './procfs.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

/** By which numbers the processes of a run are known. */
export type RunFootprint = {
  readonly run: RunId;
  /** The process that was launched; also the number of its process group. */
  readonly original: Pid;
  originalIs: 'alive' | 'waited-for';
  /** Its own session, and that of a leader which left it. None when it was launched into Bosun's session, beside a terminal. */
  readonly sessions: Set<Pid>;
  /** Descendants that have left those sessions. */
  readonly strays: Map<Pid, ProcessIdentity>;
};

/** Whether what a run leaves behind comes to us (PID 1, PR_SET_CHILD_SUBREAPER of prctl(2)), or goes to another process. */
export type Orphans = 'ours' | 'elsewhere';

/** How far up a process is looked for among the members of a run. */
const MOST_ANCESTORS = 32;

export class RunMembers {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #orphans: Orphans;
  readonly #snapshot: ProcessSnapshot;

  constructor(calls: SystemCalls, table: ProcessTable, orphans: Orphans) {
    this.#calls = calls;
    this.#table = table;
    this.#orphans = orphans;
    this.#snapshot = new ProcessSnapshot(calls);
  }

  /** All process groups of the run that have a member. A group is never in two sessions, credentials(7). */
  groupsOf(footprint: RunFootprint): ReadonlySet<Pid> {
    const groups = new Set<Pid>();
    if (this.hasGroup(footprint)) groups.add(footprint.original);
    for (const member of this.#members(footprint)) {
      const group = this.#calls.groupOf(member);
      if (group.ok && group.value > 1) groups.add(group.value);
    }
    return groups;
  }

  /**
   * Whether anybody of the run is left. `thorough`: a dead member that somebody else does not wait for is not one; SIGKILL does not
   * make it go away.
   */
  isPopulated(footprint: RunFootprint, look: 'quick' | 'thorough'): boolean {
    // Elsewhere nobody may ever wait for the dead.
    const livingOnly = look === 'thorough' || this.#orphans === 'elsewhere';
    const group = this.hasGroup(footprint);
    if (group && (!livingOnly || footprint.sessions.size === 0)) return true;
    if (!group && this.#nothingAdopted(footprint)) return false;
    if (this.#snapshot.bySession() === undefined) return group;
    const members = this.#members(footprint);
    // A dead one that is ours is about to be waited for: that, and not its death, is the end of it.
    return livingOnly ? members.some(isAlive) : members.length > 0;
  }

  /** EPERM means that there is somebody whom we may not signal. */
  hasGroup(footprint: RunFootprint): boolean {
    return this.#exists(0 - footprint.original) && !this.#isReused(footprint);
  }

  /** Whether a process is a member, or descends from one. */
  owns(footprint: RunFootprint, pid: Pid): boolean {
    let ancestor: Pid | undefined = pid;
    for (let n = 0; n < MOST_ANCESTORS && ancestor !== undefined && ancestor > 1; n++) {
      if (this.#isMember(footprint, ancestor)) return true;
      ancestor = statOf(ancestor)?.parent;
    }
    return false;
  }

  /** While the ancestors live: those of the family that have left are remembered, to be told when the run is gone. */
  rememberStrays(footprint: RunFootprint): void {
    if (footprint.sessions.size === 0) return;
    for (const pid of familyOf(this.#members(footprint))) {
      if (this.#isMember(footprint, pid)) continue;
      const stat = statOf(pid);
      if (stat?.state === 'alive') footprint.strays.set(pid, { pid, startTime: stat.startTime });
    }
  }

  /** Those of the remembered that still live. */
  straysOf({ strays }: RunFootprint): readonly Stray[] {
    return named([...strays.values()].map(lookAgain));
  }

  /** Those of the run itself that live. */
  survivorsOf(footprint: RunFootprint): readonly Stray[] {
    return named(this.#members(footprint).map(statOf));
  }

  #isMember({ original, sessions }: RunFootprint, pid: Pid): boolean {
    const session = this.#calls.sessionOf(pid);
    if (session.ok && sessions.has(session.value)) return true;
    const group = this.#calls.groupOf(pid);
    return group.ok && group.value === original;
  }

  #members(footprint: RunFootprint): readonly Pid[] {
    const bySession = this.#snapshot.bySession();
    const reused = this.#isReused(footprint);
    return [...footprint.sessions]
      .filter((session) => session !== footprint.original || !reused)
      .flatMap((session) => bySession?.get(session) ?? []);
  }

  /**
   * While a group or session has a member, the kernel does not give its number to a new process, fork(2). So when the
   * leader has been waited for and there is a process with its number, then both have been empty since.
   */
  #isReused({ original, originalIs }: RunFootprint): boolean {
    return originalIs === 'waited-for' && this.#exists(original);
  }

  #exists(pid: number): boolean {
    const asked = this.#calls.kill(pid, 0);
    return asked.ok || asked.errno !== 'ESRCH';
  }

  /**
   * What a run leaves becomes our child, with whatever is below it. So if each of our children is a tool or leads another run,
   * nothing is left of this one: that is known much sooner than who is in which session.
   */
  #nothingAdopted({ run }: RunFootprint): boolean {
    if (this.#orphans === 'elsewhere') return false;
    const children = this.#snapshot.children();
    return (
      children?.every((child) => {
        const owner = this.#table.ownerOf(child);
        return owner.kind === 'tool' || (owner.kind === 'run' && owner.entry.run !== run);
      }) ?? false
    );
  }
}

function isAlive(pid: Pid): boolean {
  return statOf(pid)?.state === 'alive';
}

function named(stats: readonly (ProcessStat | undefined)[]): readonly Stray[] {
  return stats.flatMap((stat) => (stat?.state === 'alive' ? [{ pid: stat.pid, name: stat.name }] : []));
}

/** What a run does not have when getsid(2) fails for its leader. */
export function sessionUnknown(errno: Errno): string {
  return `processes that leave its process group are not found (getsid(2): ${errno})`;
}
