// What the processes of one service have used, as counters that never go back. The kernel adds what a child has used to whoever waits for it; what
// Bosun itself has waited for the engine counts; and of those who were neither it is what was seen of them last.

export const RESOURCES = ['userSeconds', 'systemSeconds', 'readBytes', 'writtenBytes'] as const;
export type Used = Readonly<Record<(typeof RESOURCES)[number], number>>;
export type UsingProcess = {
  readonly pid: number;
  readonly startTime: number;
  readonly parent: number;
  /** With the children that it has waited for. */
  readonly used: Used;
};

const NOTHING: Used = { userSeconds: 0, systemSeconds: 0, readBytes: 0, writtenBytes: 0 };

export class UsedResources {
  #before: ReadonlyMap<number, UsingProcess> = new Map();
  #waitedBefore: Used | undefined;
  #lost: Used = NOTHING;
  #total: Used = NOTHING;

  /** `waited`: what those had used whom the engine has waited for, all in all. */
  update(members: readonly UsingProcess[], waited: Used): Used {
    const now = new Map(members.map((member) => [member.pid, member]));
    const gone = this.#topmostGone(now);
    const total: Record<keyof Used, number> = { ...NOTHING };
    const lost: Record<keyof Used, number> = { ...NOTHING };
    for (const key of RESOURCES) {
      const missing = sum(gone, key) - (waited[key] - (this.#waitedBefore ?? waited)[key]);
      lost[key] = this.#lost[key] + Math.max(0, missing);
      total[key] = lost[key] + waited[key] + sum(members, key);
      const back = this.#total[key] - total[key];
      // Somebody has ended and its parent did not wait for it, as with SIGCHLD ignored, wait(2).
      if (back > 0) {
        lost[key] += back;
        total[key] += back;
      }
    }
    this.#before = now;
    this.#waitedBefore = waited;
    this.#lost = lost;
    this.#total = total;
    return total;
  }

  /** Those who have ended with nobody of the tree left above them: what they had used is in no parent. */
  #topmostGone(now: ReadonlyMap<number, UsingProcess>): readonly UsingProcess[] {
    return [...this.#before.values()].filter(
      (process) => !isSame(process, now.get(process.pid)) && !this.#hasAncestor(process, now),
    );
  }

  #hasAncestor({ parent }: UsingProcess, now: ReadonlyMap<number, UsingProcess>): boolean {
    let above = this.#before.get(parent);
    // As long as the tree is high at most.
    for (let steps = this.#before.size; above !== undefined && steps > 0; steps--) {
      if (isSame(above, now.get(above.pid))) return true;
      above = this.#before.get(above.parent);
    }
    return false;
  }
}

function isSame(one: UsingProcess, other: UsingProcess | undefined): boolean {
  return one.startTime === other?.startTime;
}

function sum(processes: readonly UsingProcess[], key: keyof Used): number {
  return processes.reduce((total, { used }) => total + used[key], 0);
}
